"""Why a calendar was not taken in: a code for each reason, and its sentence for a terminal.

Here belong the codes and the sentences of the commands; the desk has its own words for the same codes. Never here: when one applies
(``ical_import``), anything that an event says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

SENTENCES: Final[dict[str, str]] = {
    "size": "The calendar has more than {number} kB. Export three months only.",
    "unreadable": "The file is not readable as a calendar (iCalendar, RFC 5545). Export it anew.",
    "several": "The file must hold exactly one calendar (VCALENDAR). Export one alone.",
    "parts": "The calendar holds more than events, such as tasks or free-busy times. Export events alone.",
    "head": "The head of the calendar cannot be read. Export it anew.",
    "method": "The file is an answer or a cancellation, not a calendar. Export the calendar itself.",
    "zone": "The time zone of the calendar (X-WR-TIMEZONE) is not known. Set an IANA zone there.",
    "empty": "The calendar has no event that takes time. Export the one that holds them.",
    "repeats": "The calendar repeats in a way that is not understood. Use days, weeks, months or years.",
    "many": "The calendar holds more than {number} times in three months. Export fewer.",
    "over": "These times are over, or are no times of a calendar. Choose the file again.",
    "clash": (
        "{name} would be away and on duty around {when} UTC. "
        "Take one of the two out of the roster or of the calendar; away would win."
    ),
    "more": "… and {number} more.",
    "event_field": "Event {number} has a field that cannot be read. Correct or delete it.",
    "event_twice": "Event {number} says {name} more than once. Correct or delete it.",
    "event_uid": "Event {number} has no UID. Export the calendar anew.",
    "event_same_uid": "Event {number} has the same UID as one before. Export the calendar anew.",
    "event_range": "Event {number} changes all later ones at once (RANGE). End the series there and begin another.",
    "event_tentative": "Event {number} is not certain yet (STATUS). Confirm or delete it.",
    "event_times": "Event {number} needs a beginning, and one of an end and a length. Correct or delete it.",
    "event_days": "Event {number} lasts whole days, and a duty has hours. Write from when until when.",
    "event_days_zone": "Event {number} lasts whole days, and nobody said in which time zone. Say one.",
    "event_mixed": "Event {number} mixes a day with a time. Correct or delete it.",
    "event_half_zone": "Event {number} has a time zone for one of beginning and end only. Correct it.",
    "event_order": "Event {number} ends before it has begun, or at once. Correct or delete it.",
    "event_duty_long": "Event {number} is longer than a day, too long for one duty.",
    "event_away_long": "Event {number} is longer than a year.",
    "event_zone": "Event {number} has a time zone that is not known here. Use an IANA zone, such as America/Bogota.",
    "event_no_zone": "Event {number} has no time zone. Say one for the whole calendar.",
    "event_exrule": "Event {number} has an outdated rule of exceptions (EXRULE). Write the exceptions as dates.",
    "event_rule": "Event {number} repeats in a way that is not understood. Use days, weeks, months or years.",
    "event_dates": "Event {number} has dates ({name}) of another kind than its beginning. Write them alike.",
    "event_dates_zone": ("Event {number} has dates ({name}) without a time zone that is known here. Use that of its beginning."),
}


class Fault(NamedTuple):
    """One reason. ``number``: of the event, or an amount; ``name``: of a field of the format, or an account; ``when``: UTC."""

    code: str
    number: int = 0
    name: str = ""
    when: str = ""

    def __str__(self) -> str:
        return SENTENCES[self.code].format(number=self.number, name=self.name, when=self.when)


class CalendarError(ValueError):
    """The calendar was not taken in. The message is one sentence a line, and quotes nothing of what events say."""

    def __init__(self, *faults: Fault | str) -> None:
        """A plain sentence stands for a purpose that no page offers, and has no code."""
        super().__init__("\n".join(map(str, faults)))
        self.faults: Sequence[Fault] = tuple(fault for fault in faults if isinstance(fault, Fault))
