"""Complaints and feedback: what people say about those who help, read by nobody who is tied to whom it is about.

Here belong their tables, who may read what (``routing``), intake, what a code shows and does, what is done on the desk, and their
clocks. Never here: requests for a person on duty (``bot.tickets``), sentences, pages.
"""
