"""Effects that keep something typed for a later yes: a number, a note, a code word. It waits in the draft and nowhere else.

Never here: a table, what is done with it once the yes is there (``requests``).
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from bot.drafts import NOTE_LIMIT, WORD_LIMIT
from bot.effects import Asked, Done
from bot.identifying import blanked, spans

SAVED, BAD, LONG, FOUND = Done("saved"), Done("bad"), Done("long"), Done("identifying")


async def keep_number(asked: Asked) -> Done:
    """``saved`` | ``bad``: no number that can be called. Without a country code it is read as one of the chosen country."""
    number = telephone_number(_typed(asked), str(asked.session.slot("country")))
    if not number:
        return BAD
    asked.draft.number = number
    asked.draft.typed_in(asked.session)
    return SAVED


async def keep_note(asked: Asked) -> Done:
    """``saved`` | ``long`` | ``identifying`` | ``lost``: see ``noted``."""
    text = noted(asked)
    if isinstance(text, Done):
        return text
    if len(text) > NOTE_LIMIT:
        return LONG
    asked.draft.note, asked.draft.typed = text, ""
    asked.draft.typed_in(asked.session)
    return SAVED


def noted(asked: Asked) -> str | Done:
    """The note that is to be kept: what was just typed, or what has waited for an answer (``how``), with dots in it for ``blank``.

    ``identifying``: something in it identifies somebody; it waits in the draft and nowhere else until the person has answered.
    ``lost``: what waited does not wait any more."""
    how = asked.effect.params.get("how", "")
    if not how:
        text = _typed(asked)
        if len(text) <= NOTE_LIMIT and spans(text):
            asked.draft.typed = text
            asked.draft.typed_in(asked.session)
            return FOUND
        return text
    if not asked.draft.typed:
        return Done("lost")
    return blanked(asked.draft.typed) if how == "blank" else asked.draft.typed


async def move_note(asked: Asked) -> Done:
    """What was noted goes with what was chosen since: others read that, and the person said yes to it."""
    asked.draft.typed_in(asked.session)
    return SAVED


async def keep_words(asked: Asked) -> Done:
    """A code word of the person's own: ``saved`` | ``bad``: too long to be said, or with digits in it."""
    text = " ".join(_typed(asked).split())
    if not text or len(text) > WORD_LIMIT or not all(part.isalpha() for part in text.replace("-", " ").split()):
        return BAD
    asked.draft.word = text
    asked.draft.typed_in(asked.session)
    return SAVED


def telephone_number(text: str, country: str) -> str:
    """The one telephone number in a text, in E.164; empty where there is none or it cannot exist. ``country``: ISO code."""
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else ""


def _typed(asked: Asked) -> str:
    words = asked.inbound.words
    return words.reveal().strip() if words is not None else ""


HANDLERS = {"keep_number": keep_number, "keep_note": keep_note, "move_note": move_note, "keep_words": keep_words}
