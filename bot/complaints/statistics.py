"""Figures about complaints: what is counted, and who may see it. The hiding of small numbers is that of all figures (T-2, T-3).

Here belongs the book of indicators. Never here: how numbers are hidden (``bot.statistics``), an organisation, what was done to
anybody (T-1, T-4). Nobody sees a figure who may be tied to somebody that it counts: independent organisations only (``register``).
"""

from __future__ import annotations

from typing import Final

from bot.complaints.tables import ABOUT, INBOXES, OUTCOMES
from bot.statistics.tables import Book

_IN_TIME: Final = ("in_time", "late")

BOOK: Final = Book(
    {
        "complaint": INBOXES,
        "complaint_about": ABOUT,
        "complaint_accept": _IN_TIME,
        "complaint_forward": _IN_TIME,
        "complaint_answer": _IN_TIME,
        "complaint_outcome": OUTCOMES,
    },
    (
        ("complaint", "complaint_about"),
        ("complaint_accept",),
        ("complaint_forward",),
        ("complaint_answer",),
        ("complaint_outcome",),
    ),
)
"""For ``question``, ``questions`` and ``Figures`` of ``bot.statistics.tables``: what the register tells, each by itself (T-3)."""
