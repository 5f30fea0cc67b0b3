"""A person who stands somewhere: on any screen, with what its author counts on, on any channel, in any language.

Here belongs how to get there without walking. Never here: an assertion.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from flows.facts import LANGS, Facts, TicketView, Traits
from flows.kernel import Option, Screen, Session
from flows.topics import GRAPH
from tests.flows.world import COMPLAINT, FILLED, SMS, TELEGRAM, TICKET, WHATSAPP, Play, facts, wording

CHANNELS = (SMS, TELEGRAM, WHATSAPP)
SCREENS = tuple(sorted(GRAPH.sheets))
#: Somebody who may have come from anywhere.
CAME_FROM = ("start.menu",)


#: Topics on whose screens somebody has a ticket, and what they know of it.
TICKETS: dict[str, TicketView] = {"code": TICKET, "relay": msgspec.structs.replace(TICKET, way="here", relay="open")}


@cache
def known(channel: Traits, topic: str = "") -> Facts:
    """What there is to know, the same for all who stand somewhere in this topic."""
    return facts(channel, ticket=TICKETS.get(topic), complaint=COMPLAINT if topic == "code" else None)


def standing(screen: str, channel: Traits = SMS, lang: str = "es", **changes: Any) -> Play:
    """On ``screen`` in the middle of a conversation, having come from the menu."""
    play = Play(channel, lang, known=known(channel, screen.partition(".")[0]))
    slots = changes.pop("slots", FILLED)
    back = tuple(name for name in CAME_FROM if name != screen)
    play.session = Session(id=b"0" * 16, screen=screen, turn=3, lang=lang, slots=slots, back=back)
    if changes:
        play.session = msgspec.structs.replace(play.session, **changes)
    return play


def drawn(play: Play) -> Screen:
    """What this person sees now."""
    return play.graph.view(play.session, play.facts)


@cache
def takes_anything(screen: str) -> bool:
    """Whatever is typed there is an answer: words to a person, a number to be read, a code word."""
    play = standing(screen).says("xyzzy qwrt")
    return play.here != screen or bool(play.asked)


def by_number(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The same options whatever the turn: a step that cannot be undone has another number on each, where choices are typed."""
    return tuple(msgspec.structs.replace(option, digit=min(option.digit, 10)) for option in options)


def everywhere() -> Iterator[tuple[str, Traits, str]]:
    """Every screen on every channel in every language."""
    for screen in SCREENS:
        for channel in CHANNELS:
            for lang in LANGS:
                yield screen, channel, lang


def label(option: Option, lang: str, channel: Traits) -> str:
    """What stands on this option."""
    return wording().say(lang, option.label, channel.form)
