"""What identifies a person in a text: telephone, document, address, name ... so that it can be left out before anything is kept.

Here belongs where such data stand in a text. A person is asked what to do about them; nothing here decides that, and nothing
that is found leaves this process. Never here: a store, a log line, a sentence; an exception that shows the text.

Found by patterns, words and check digits, not learned. Where in doubt it is found: one question too many costs less than one number
that should not be there. Public numbers, prices, dates, buses, places and organisations are left alone.
"""

from __future__ import annotations

from bot.identifying import accounts, addresses, lettered, names, numbers, plates, spoken
from bot.identifying.flat import flat
from bot.identifying.spans import LONGEST, Span, settled

__all__ = ["LONGEST", "Span", "blanked", "spans"]

BLANK = "···"


def spans(text: str) -> list[Span]:
    """Where something that identifies a person stands, in order and apart. Offsets count Unicode code points.

    Beyond ``LONGEST`` characters nothing is looked at: no note is so long."""
    text = text[:LONGEST]
    folded = flat(text)
    found = list(plates.find(text, folded))
    found += [
        *numbers.find(text, folded, found),
        *lettered.find(text, folded),
        *spoken.find(folded),
        *accounts.find(text, folded),
        *addresses.find(text, folded),
    ]
    return settled(text, [*found, *names.find(text, folded, found)])


def blanked(text: str) -> str:
    """The text with dots in place of what identifies somebody; what stands beyond ``LONGEST`` is left out."""
    kept, at = [], 0
    for span in spans(text):
        kept += [text[at : span.start], BLANK]
        at = span.end
    return "".join((*kept, text[at:LONGEST]))
