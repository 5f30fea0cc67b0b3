"""Shared figures: what coordinators may see of the consented counters, and take out.

Here belong the periods, the suppression of small numbers, the tables that exist at all, and their export. They read ``Counter``
(``bot.tickets.tables``) and nothing else. Never here: writing a counter (``bot.tickets.counting``), an organisation, a worker,
a service, a place within a country, a request.
"""
