"""Feedback: where an organisation, or somebody who watches over it, takes complaints, thanks and ideas.

Here belong the channels as information. Never here: a complaint itself (topic ``complaint``), a judgement about anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows import accused, complaining
from flows.facts import COUNTRIES, READERS, ComplaintChannel, Facts
from flows.kernel import (
    Aside,
    Branch,
    Choice,
    Choices,
    Country,
    Data,
    Day,
    Flow,
    Go,
    Language,
    Listing,
    Opening,
    Phrase,
    Session,
    Value,
)
from flows.person import country_choices, named_country, shared_country
from flows.reading import fold

flow = Flow("feedback", country=COUNTRIES, page=range(0, 100), channel="position in the list", accused=accused.HOLDS)


DIALLED = frozenset({"phone", "email", "web", "text"})
"""Ways whose value is dialled or opened, and so never cut."""
CALLED = frozenset({"phone", "text"})
"""Those whose value is a number: in a list that opens each of them in full, only these are never cut."""


def _row(channel: ComplaintChannel, line: str = "feedback.row", whole: frozenset[str] = DIALLED) -> Phrase:
    key = f"{line}.independent" if channel.independent else line
    value: Value = Data("complaint_channel.address" if channel.how in whole else "complaint_channel.value", channel.value)
    return Phrase(
        key,
        {
            "organisation": Data("complaint_channel.organisation", channel.organisation),
            "how": Phrase(f"feedback.how.{channel.how}"),
            "value": Phrase("feedback.row.old", {"value": value}) if channel.check == "due" else value,
        },
    )


def channel_rows(channels: Sequence[ComplaintChannel]) -> tuple[Phrase, ...]:
    """A line each: who takes complaints, how, and where; and whether that may be out of date (S-4)."""
    return tuple(map(_row, channels))


ROWS = (
    "feedback.row",
    "feedback.row.independent",
    "feedback.row.old",
    *(f"feedback.how.{how}" for how in ("phone", "email", "box", "desk", "web", "text")),
)
"""Catalog entries that such a line may use."""


def in_order(session: Session, facts: Facts) -> list[ComplaintChannel]:
    """Who does not depend on an organisation complained about comes first, and who was complained about last."""
    country = str(session.slot("country"))
    theirs = accused.names(session.slots, country, facts)
    return sorted(
        facts.directory.complaint_channels(country),
        key=lambda channel: (not channel.independent, fold(channel.organisation) in theirs if theirs else False),
    )


def _known(channel: ComplaintChannel) -> tuple[Phrase, ...]:
    """What else is known of it, a line each: when, in which languages, who reads it, when it was checked."""
    found = []
    if channel.hours is not None:
        always = channel.hours.always
        found.append(Phrase("service.hours.always") if always else Phrase("service.hours", {"hours": Opening(channel.hours)}))
    if channel.languages:
        found.append(Phrase("service.languages", {"languages": Listing(tuple(map(Language, channel.languages)))}))
    if channel.read_by:
        found.append(Phrase(f"feedback.read_by.{channel.read_by}"))
    if channel.verified_on is not None:
        found.append(Phrase("service.checked", {"day": Day(channel.verified_on)}))
    return tuple(found)


_GIVE_WAY = ("service.languages", "service.checked")
_KNOWN = (
    "service.hours", "service.hours.always", "service.languages", "service.checked",
    *(f"feedback.read_by.{who}" for who in READERS),
)  # fmt: skip


SIZE = 2
"""Channels on a page by SMS, where each is opened by its digit."""


def _shown(session: Session, facts: Facts) -> tuple[list[ComplaintChannel], bool]:
    channels = in_order(session, facts)
    size = SIZE if facts.channel.form == "sms" else 3
    pages = max(1, -(-len(channels) // size))
    page = int(session.slot("page", 0)) % pages
    return channels[page * size : (page + 1) * size], pages > 1


def _say(session: Session, facts: Facts) -> tuple[Value, ...]:
    channels, _ = _shown(session, facts)
    country = Country(str(session.slot("country")))
    if not channels:  # or none that was checked of late: then there is an official line
        lines = complaining.lines(session, facts, 1 if facts.channel.form == "sms" else 3)
        official = (Listing(lines, lines=True),) if lines else ()
        return (Phrase("feedback.none", {"country": country}), *official, Aside(Phrase("feedback.no_effect")))
    parts: list[Value] = [Phrase("service.demo")] if any(channel.demo for channel in channels) else []
    parts.append(Phrase("feedback.channels", {"country": country}))
    if facts.channel.form == "sms":
        parts.append(Choices())
    else:
        parts += [Listing((row, *_known(each)), lines=True) for row, each in zip(channel_rows(channels), channels, strict=True)]
    parts.append(Aside(Phrase("feedback.no_effect")))
    return tuple(parts)


def _choices(session: Session, facts: Facts) -> tuple[Choice, ...]:
    """Each opens what else is known of it, where the list has no room to say so."""
    if facts.channel.form != "sms":
        return ()
    return tuple(Choice(at, _row(channel, "feedback.line", CALLED)) for at, channel in enumerate(in_order(session, facts)))


def _one(session: Session, facts: Facts) -> tuple[Value, ...]:
    """One of them, with all that is known; the list where it is there no more."""
    channels, at = in_order(session, facts), int(session.slot("channel") or 0)
    if at >= len(channels):
        return _say(session, facts)
    channel = channels[at]
    demo = (Phrase("service.demo"),) if channel.demo else ()
    heading = Phrase("feedback.channels", {"country": Country(str(session.slot("country")))})
    row, known = _row(channel, "feedback.line"), _known(channel)
    if facts.channel.form != "sms":
        return (*demo, heading, Listing((row, *known), lines=True))
    # Where very long hours leave no room, the day of the check gives way first, and then the languages.
    gives_way = tuple(Aside(one) for one in known if one.id in _GIVE_WAY)
    return (*demo, heading, row, *(one for one in known if one.id not in _GIVE_WAY), *gives_way)


def _next_page(session: Session, event: object, facts: Facts) -> Go:
    return Go("channels", set={"page": int(session.slot("page", 0)) + 1})


flow.choose(
    "where",
    slot="country",
    among=country_choices,
    then=Go("channels"),
    hears=Branch(lambda s, e, f: _here(named_country(s, e, f)), "channels"),
    located=Branch(lambda s, e, f: _here(shared_country(s, e, f)), "channels"),
)
_LINES = ("feedback.line", "feedback.line.independent")
flow.choose(
    "channels",
    slot="channel",
    among=_choices,
    size=SIZE,
    then=Go("channel"),
    say=_say,
    says=(
        "feedback.channels", "feedback.none", "feedback.no_effect", "service.demo", *ROWS, *_LINES, *_KNOWN,
    ),
    menu=Go("start.menu", digit=3),
    person=Go("person.where", digit=6),
    more=Branch(_next_page, "channels", only=lambda session, facts: _shown(session, facts)[1], digit=7),
)  # fmt: skip


flow.menu(
    "channel",
    say=_one,
    says=("feedback.channels", "service.demo", *_LINES, *_KNOWN),
    others=Go("channels", digit=1),
    menu=Go("start.menu", digit=3),
    person=Go("person.where", digit=6),
)


def _here(go: Go | None) -> Go | None:
    return None if go is None else Go("channels", set=go.set)
