"""Feedback: where an organisation, or somebody who watches over it, takes complaints, thanks and ideas.

Here belong the channels as information. Never here: a complaint itself (topic ``complaint``), a judgement about anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from flows import accused
from flows.facts import COUNTRIES, ComplaintChannel, Facts
from flows.kernel import Aside, Branch, Country, Data, Flow, Go, Listing, Phrase, Session, Value
from flows.person import country_choices, named_country, shared_country
from flows.reading import fold

flow = Flow("feedback", country=COUNTRIES, page=range(0, 100), accused=accused.HOLDS)


DIALLED = frozenset({"phone", "email", "web", "text"})
"""Ways whose value is dialled or opened, and so never cut."""


def _row(channel: ComplaintChannel) -> Phrase:
    key = "feedback.row.independent" if channel.independent else "feedback.row"
    return Phrase(
        key,
        {
            "organisation": Data("complaint_channel.organisation", channel.organisation),
            "how": Phrase(f"feedback.how.{channel.how}"),
            "value": Data("complaint_channel.address" if channel.how in DIALLED else "complaint_channel.value", channel.value),
        },
    )


def channel_rows(channels: Sequence[ComplaintChannel]) -> tuple[Phrase, ...]:
    """A line each: who takes complaints, how, and where."""
    return tuple(map(_row, channels))


ROWS = (
    "feedback.row",
    "feedback.row.independent",
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


def _shown(session: Session, facts: Facts) -> tuple[list[ComplaintChannel], bool]:
    channels = in_order(session, facts)
    size = 2 if facts.channel.form == "sms" else 5
    pages = max(1, -(-len(channels) // size))
    page = int(session.slot("page", 0)) % pages
    return channels[page * size : (page + 1) * size], pages > 1


def _say(session: Session, facts: Facts) -> tuple[Value, ...]:
    channels, _ = _shown(session, facts)
    country = Country(str(session.slot("country")))
    if not channels:
        return (Phrase("feedback.none", {"country": country}), Phrase("feedback.no_effect"))
    parts: list[Value] = [Phrase("service.demo")] if any(channel.demo for channel in channels) else []
    parts.append(Phrase("feedback.channels", {"country": country}))
    parts.append(Listing(channel_rows(channels), lines=True))
    parts.append(Aside(Phrase("feedback.no_effect")))
    return tuple(parts)


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
flow.menu(
    "channels",
    say=_say,
    says=(
        "feedback.channels", "feedback.none", "feedback.no_effect", *ROWS,
    ),
    menu=Go("start.menu", digit=1),
    person=Go("person.where", digit=6),
    more=Branch(_next_page, "channels", only=lambda session, facts: _shown(session, facts)[1], digit=7),
)  # fmt: skip


def _here(go: Go | None) -> Go | None:
    return None if go is None else Go("channels", set=go.set)
