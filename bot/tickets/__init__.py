"""Requests for a person on duty, from the first yes to the wipe.

Here belong intake, what a code shows, what the desk does with a ticket, the clock, and counters. Never here: an address, a
readable contact, note or answer (they are envelopes of ``bot.sealing``), a page, a sentence.
"""
