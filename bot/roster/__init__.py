"""Who is on duty when: weekly shifts, dated exceptions, holidays, coverage, iCalendar.

Never here: accounts (``bot.staff``), requests (``bot.tickets``), pages.
"""
