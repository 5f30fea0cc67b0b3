"""Accused: the organisations that something was said about in this conversation, so that whoever said it is not led to their people
(C-4, C-8); and whether something was said about the people who answer here.

Here belong how that is remembered and what is left out because of it. Never here: who is tied to whom
(``bot.complaints.routing``), a screen, a sentence.

Both slots only grow: no wish takes anything out of them, and neither does what ends a topic. They end with the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from flows.complaint_fields import ACCUSING
from flows.facts import Facts, Found, Offer, Query
from flows.kernel import LASTING, Session, SlotValue
from flows.reading import fold

SLOT, RESPONDERS = LASTING
HOLDS = "keys of organisations, with spaces between"
"""What the slot is, for topics that name it."""
_LOOKED_AT = 256
"""Entries of the directory that are looked at for others, where very many are theirs."""


def keys(session: Session) -> tuple[str, ...]:
    return tuple(str(session.slot(SLOT)).split())


def answerers(about: str) -> dict[str, SlotValue]:
    """What the choice whom it is about fills beside it. Who answers here has no key that a request could leave out: whoever asks
    them for something later is told first that it is they who read it (``request.same``)."""
    return {RESPONDERS: "yes"} if about == "responders" else {}


def are_answerers(session: Session) -> bool:
    """Whether something was said about the people who answer here."""
    return bool(session.slot(RESPONDERS) == "yes")


def grown(session: Session, organisation: str, topic: str) -> dict[str, SlotValue]:
    """What a slot that is filled with an organisation, or several with spaces between, fills beside it; nothing where the topic
    accuses nobody."""
    if not organisation or topic not in ACCUSING:
        return {}
    return {SLOT: " ".join(dict.fromkeys((*keys(session), *organisation.split())))}


def names(slots: Mapping[str, Any], country: str, facts: Facts) -> frozenset[str]:
    """Folded public names, as the directory of that country has them. There they may stand under the key of another that is one
    with them."""
    accused = str(slots.get(SLOT, "")).split()
    if not accused:
        return frozenset()
    theirs = facts.hearing.one_with(accused)
    return frozenset(fold(name) for key, name in facts.hearing.organisations(country) if key in theirs)


def is_of(offer: Offer, theirs: frozenset[str]) -> bool:
    """Whether it is a place of one of those."""
    return bool(theirs) and fold(offer.organisation) in theirs


def search(query: Query, theirs: frozenset[str], facts: Facts) -> list[Found]:
    """As the directory answers, without what is theirs; where it knows nothing else, what is theirs."""
    if not theirs:
        return facts.directory.search(query)
    wanted = query.skip + query.limit
    size = 4 * wanted
    while True:
        found = facts.directory.search(msgspec.structs.replace(query, skip=0, limit=size))
        others = [one for one in found if not is_of(one.offer, theirs)]
        if len(others) >= wanted or len(found) < size or size >= _LOOKED_AT:
            return others[query.skip : wanted] if others else facts.directory.search(query)
        size *= 2
