"""Out of scope: what nobody here settles, such as pay, rent, or a decision on papers, and who may (C-10).

Here belongs which matters there are, which services of the directory and which lines answer them, and the honest end where none is
known. Never here: an office or a number in a sentence: whoever is named comes from the directory or the helplines, by their rules.
"""

from __future__ import annotations

from typing import NamedTuple

from flows import accused
from flows.crisis import TOLD, line
from flows.facts import Facts, Offer, Purpose, Query
from flows.feedback import ROWS, channel_rows
from flows.kernel import Aside, Choice, Country, Data, Flow, Go, Listing, Phrase, Session, Value
from flows.services import named


class Target(NamedTuple):
    """Where a matter is looked for: lines in the order of their purposes, then places of the directory."""

    purposes: tuple[Purpose, ...] = ()
    kinds: tuple[str, ...] = ()
    watched: bool = False
    """Whether an independent body of the country that takes complaints may be named, after the lines."""
    places_first: bool = False
    """Whether a place of the directory knows more about it than any line does."""


TARGETS: dict[str, Target] = {
    "papers": Target(("legal", "refugee", "ombudsperson"), ("legal",)),
    "work": Target(("labour", "ombudsperson", "legal"), ("legal",)),
    "home": Target(("ombudsperson",), ("legal", "safety"), places_first=True),
    "shop": Target(("consumer", "ombudsperson", "legal"), ("legal",)),
    "office": Target(("ombudsperson", "legal"), ("legal",), watched=True),
}
MATTERS = tuple(TARGETS)


def _answers(offer: Offer) -> bool:
    return bool(offer.phones) and not offer.authority and offer.check != "due"


def targets(matter: str, session: Session, facts: Facts) -> tuple[tuple[Value, ...], bool]:
    """Who may settle it in the country of the conversation: a line each, no police and no migration control; maybe nobody known.
    And whether somebody invented is among them."""
    country, target = str(session.slot("country")), TARGETS[matter]
    most = 2 if facts.channel.form == "sms" else 4
    civil = [
        line(one)
        for one in facts.helplines.lines(country, target.purposes, facts.now)
        if one.operator == "civil" and one.purpose in target.purposes and one.note not in TOLD
    ][:most]
    watching = [channel for channel in facts.directory.complaint_channels(country) if channel.independent] if target.watched else []
    theirs = accused.names(session.slots, country, facts)
    found = accused.search(Query(country=country, kinds=target.kinds, limit=8), theirs, facts) if target.kinds else []
    open_to_all = [one.offer for one in found if _answers(one.offer) and not accused.is_of(one.offer, theirs)]
    watching = watching[: most - len(civil)]
    open_to_all = open_to_all[: most - len(watching) - len(civil)]
    offices = tuple(
        Phrase("person.office", {"name": named(offer), "number": Data("service.phone", offer.phones[0].shown)})
        for offer in open_to_all
    )
    invented = any(channel.demo for channel in watching) or any(offer.demo for offer in open_to_all)
    shown = (*offices, *civil, *channel_rows(watching)) if target.places_first else (*civil, *channel_rows(watching), *offices)
    return shown, invented


def _say(session: Session, facts: Facts) -> tuple[Value, ...]:
    matter = str(session.slot("matter") or MATTERS[0])
    shown, invented = targets(matter, session, facts)
    country = {"country": Country(str(session.slot("country")))}
    # An office of migration control is none to be sent to unawares.
    warned = (Phrase("complaint.target.papers"),) if matter == "papers" else ()
    if not shown:
        return (Phrase("complaint.target.unknown", country), *warned)
    demo = (Phrase("service.demo"),) if invented else ()
    return (*demo, Phrase("complaint.target", country), Listing(shown, lines=True), *warned, Aside(Phrase("complaint.target.note")))


def add_to(flow: Flow) -> None:
    """Write these screens into the topic of the complaint."""
    flow.choose(
        "matter",
        slot="matter",
        among=lambda session, facts: tuple(Choice(matter, Phrase(f"complaint.matter.{matter}")) for matter in MATTERS),
        then=Go("target"),
        say=lambda session, facts: (Phrase("complaint.matter"),),
        says=("complaint.matter", *(f"complaint.matter.{matter}" for matter in MATTERS)),
        skip=Go("person.where", digit=6),
    )
    flow.menu(
        "target",
        say=_say,
        says=(
            "complaint.target", "complaint.target.unknown", "complaint.target.papers", "complaint.target.note", "person.office",
            "service.demo", *ROWS,
        ),
        person=Go("person.where", digit=1),
        rights=Go("rights.asylum", digit=2),
        menu=Go("start.menu", digit=3),
    )  # fmt: skip
