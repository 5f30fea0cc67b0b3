"""What was made of an entry of the directory stays as long as the entry does, and no longer."""

from __future__ import annotations

import msgspec

from bot.wording import Voice
from flows.beside import Beside
from flows.kernel import Data, Listing
from flows.services import of_offer
from tests.flows.world import offers


class Thing(msgspec.Struct, weakref=True):
    name: str


def test_what_was_made_of_an_object_goes_with_it() -> None:
    """Mutation: holding the object, or keeping what was made of it under a number that another object gets."""
    beside = Beside()
    for name in ("a", "b", "c") * 100:  # the number of the last one is free again
        thing = Thing(name)
        assert beside.of(thing) == {}
        beside.of(thing)["made"] = name
        assert beside.of(thing)["made"] == name
        del thing
        assert len(beside) == 0


def test_equal_objects_are_not_the_same_one() -> None:
    """Mutation: remembering by equality."""
    beside, one, other = Beside(), Thing("a"), Thing("a")
    beside.of(one)["made"] = 1
    assert beside.of(other) == {}


def test_an_entry_that_changed_is_read_anew() -> None:
    """Mutation: remembering by the entry's key, which outlives its content."""
    named = of_offer(lambda offer, lang: f"{lang} {offer.short_name}")
    before = offers()[0]
    after = msgspec.structs.replace(before, short_name="Otro nombre")
    assert [named(before, "es"), named(before, "en"), named(before, "es")] == [
        f"{lang} {before.short_name}" for lang in ("es", "en", "es")
    ]
    assert named(after, "es") == "es Otro nombre"


def test_a_voice_remembers_only_what_comes_again() -> None:
    """Mutation: remembering every listing, so that lists of somebody's search stay in memory."""
    voice = Voice("es", "chat", 60, {})
    kept, once = (Listing((Data("place", "a"), Data("place", "b")), kept=kept) for kept in (True, False))
    assert voice.say(kept) == voice.say(kept) == voice.say(once) == "a, b"
    assert len(voice._known) == 1
    del kept
    assert len(voice._known) == 0
