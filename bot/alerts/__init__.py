"""Telling staff that something waits: an outbox written with the ticket, and the ways out of it.

Every alert says the same, has the same size, and names no country, no code, no content. Never here: a message to a person who
writes (E-1).
"""
