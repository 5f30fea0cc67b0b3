"""A screen arranged for a channel: paragraphs, buttons or written choices, and on SMS what fits.

Here belongs the order and the cutting. Never here: a word, a protocol of a provider, a decision about the conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import msgspec

from bot import gsm7
from bot.exchange import Button, Message
from bot.wording import SMS_FIELD, Wording
from flows.facts import Traits
from flows.kernel import BACK, EMERGENCY, LEAVE, MORE, Aside, Choices, Country, Foot, Option, Page, Phrase, Screen, Value

LABEL = 20
"""Letters on a button."""
SMS_SEGMENTS = 3
"""No SMS is longer than this (L-2)."""
SHORT = 16
"""Two buttons with labels up to this length stand side by side."""
ANYTIME = 100
"""Ordinals from here on are digits that mean the same on every turn: a button of an old message still leaves."""

_NAV = (MORE, BACK, EMERGENCY, LEAVE)

Say = Callable[[Any], str]
"""``Voice.say``: a value of a screen in words."""

REMEMBERED = 2048


class Layout:
    """Renders screens. One on which nothing stands but entries of the catalogs, numbers and countries is written only once for
    each language and kind of channel; one with a place or a service on it is not remembered."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._written: dict[Hashable, Message] = {}
        self._buttons: Buttons = {}

    def render(self, screen: Screen, lang: str, turn: int, traits: Traits) -> Message:
        """The screen as one message of this channel."""
        said = _common(screen.parts) if type(screen.options) is Page else None
        if said is None:
            return render(screen, lang, turn, traits, self._wording, self._buttons)
        key = (said, screen.options, screen.asks_location, lang, traits.form, traits.buttons)
        message = self._written.get(key)
        if message is None:
            if len(self._written) >= REMEMBERED:
                self._written.clear()
            message = msgspec.structs.replace(render(screen, lang, 0, traits, self._wording), common=True)
            self._written[key] = message
        return Message(message.text, message.rows, message.location_label, turn, True)


def _common(parts: tuple[Value, ...]) -> Hashable:
    """A key for paragraphs that are nothing but entries of the catalogs, numbers and countries; None for all others."""
    found = []
    for part in parts:
        if type(part) is not Phrase:
            return None
        for value in part.params.values():
            if type(value) is not int and type(value) is not Country:
                return None
        found.append((part.id, *part.params.items()))
    return tuple(found)


Buttons = dict[tuple[str, str, int], Button]
"""(language, catalog id, ordinal) -> button, for labels that are nothing but an entry."""


def render(screen: Screen, lang: str, turn: int, traits: Traits, wording: Wording, buttons: Buttons | None = None) -> Message:
    """The screen as one message of this channel. ``buttons`` remembers those that stand on many screens."""
    if traits.form == "sms":
        return Message(_sms(screen, lang, wording))
    say = wording.voice(lang).say
    if traits.buttons:
        text = "\n\n".join([say(part) for part in screen.parts if type(part) is not Choices])
        label = say(Phrase("services.share.button")) if screen.asks_location else ""
        return Message(text, _rows(screen, lang, say, {} if buttons is None else buttons), label, turn)
    nav = " · ".join([f"{option.digit} {say(option.label)}" for option in screen.options if option.digit in _NAV])
    return Message("\n\n".join((*_written(screen, screen.parts, say), *([nav] if nav else []), *_foot(screen.parts, say))))


def ordinal(option: Option, position: int) -> int:
    """What a button carries for an option that stands at ``position`` on its screen."""
    return ANYTIME + option.digit if option.digit in (EMERGENCY, LEAVE) else position


# --- buttons ---------------------------------------------------------------------------------------------------------


def _rows(screen: Screen, lang: str, say: Say, known: Buttons) -> tuple[tuple[Button, ...], ...]:
    rows: list[tuple[Button, ...]] = []
    nav: list[Button] = []
    pending: Button | None = None
    """A short button that waits for another one beside it."""
    for position, option in enumerate(screen.options):
        label = option.label
        if type(label) is Phrase and not label.params:
            key = lang, label.id, ordinal(option, position)
            button = known.get(key)
            if button is None:
                button = known[key] = Button(clipped(say(label)), key[2])
        else:
            button = Button(clipped(say(label)), ordinal(option, position))
        if option.digit in (BACK, EMERGENCY, LEAVE):
            nav.append(button)
        elif len(button.label) > SHORT:
            rows += ((pending,), (button,)) if pending is not None else ((button,),)
            pending = None
        elif pending is not None:
            rows.append((pending, button))
            pending = None
        else:
            pending = button
    if pending is not None:
        rows.append((pending,))
    if nav:
        rows.append(tuple(nav))
    return tuple(rows)


def clipped(label: str) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "…"


# --- written choices -------------------------------------------------------------------------------------------------


def _written(screen: Screen, parts: Sequence[Any], say: Say) -> list[str]:
    """Paragraphs with the choices written out: computed ones where the screen wants them, the others at the end."""
    shown = [(option, f"{option.digit} {say(option.label)}") for option in screen.options if option.digit not in _NAV]
    among = Choices in [type(part) for part in parts]
    here = "\n".join([line for option, line in shown if among and option.id.startswith("#")])
    rest = "\n".join([line for option, line in shown if not (among and option.id.startswith("#"))])
    said = [here if type(part) is Choices else say(part) for part in parts if type(part) is not Foot]
    return [text for text in (*said, rest) if text]


def _foot(parts: Sequence[Any], say: Say) -> list[str]:
    return [say(part) for part in parts if type(part) is Foot]


def _sms(screen: Screen, lang: str, wording: Wording) -> str:
    """The text in GSM-7 letters. Where it would pass its segments, asides give way first, then long fields are cut."""
    text = ""
    for cut in (SMS_FIELD, 48, 40, 34, 28, 22, 18, 14, 10):
        say = wording.voice(lang, "sms", cut).say
        parts = list(screen.parts)
        while True:
            text = _sms_text(screen, parts, say)
            if gsm7.segments(text) <= SMS_SEGMENTS:
                return text
            asides = [position for position, part in enumerate(parts) if isinstance(part, Aside)]
            if not asides:
                break
            del parts[asides[-1]]
    return text


def _sms_text(screen: Screen, parts: list[Any], say: Say) -> str:
    lines = _written(screen, parts, say)
    ways = [o for o in screen.options if o.digit in (MORE, BACK)]
    if ways:
        lines.append(_ways(ways, say))
    foot = _foot(parts, say)
    if foot:  # it names 9 and 0 itself
        return gsm7.to_gsm7("\n".join((*lines, *foot)))
    text = gsm7.to_gsm7("\n".join(lines))
    # 9 and 0 are said on the first screen; here only where they cost nothing.
    always = [o for o in screen.options if o.digit in (EMERGENCY, LEAVE)]
    if always:
        longer = text + gsm7.to_gsm7((" " if ways else "\n") + _ways(always, say))
        if gsm7.segments(longer) == gsm7.segments(text):
            return longer
    return text


def _ways(options: list[Option], say: Say) -> str:
    return " ".join([f"{option.digit} {say(option.label)}" for option in options])
