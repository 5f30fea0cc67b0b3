"""Start: hello, the menu, languages.

Here belong the first screen with its five facts (E-3), the menu with its fixed digits, and the choice of language. Never here:
anything about a need.
"""

from __future__ import annotations

from flows.facts import FOREIGN, LANGS, Facts
from flows.kernel import Branch, Event, Flow, Go, Phrase, Session, Value
from flows.relay import connected

flow = Flow("start", lang=LANGS, foreign=FOREIGN)


def _hello(session: Session, facts: Facts) -> dict[str, int]:
    return {"minutes": facts.keep_minutes}


def _foreign(session: Session, facts: Facts) -> tuple[Value, ...]:
    """L-4: that Faro does not speak their language, said in it."""
    return (Phrase(f"start.foreign.{session.slot('foreign') or FOREIGN[0]}"),)


def _person(session: Session, event: Event, facts: Facts) -> Go:
    """Whoever is in touch with somebody already comes back to them; the screen itself does not say so."""
    return Go("relay.open" if connected(facts) else "person.where")


flow.menu(
    "hello",
    params=_hello,
    es=Go("menu", set={"lang": "es"}, digit=1),
    en=Go("menu", set={"lang": "en"}, digit=2),
    pt=Go("menu", set={"lang": "pt"}, digit=3),
)
flow.menu(
    "menu",
    services=Go("services.where", digit=1),
    person=Branch(_person, "person.where", "relay.open", digit=2),
    feedback=Go("complaint.kind", digit=3),
    code=Go("code.safe", digit=4),
    settings=Go("settings", digit=5),
    extra=Go("extra", digit=7),
)
flow.menu(
    "extra",
    rights=Go("rights.asylum", digit=1),
    basics=Go("basics.where_to_ask", digit=2),
    privacy=Go("privacy.answer", digit=3),
)
flow.menu(
    "settings",
    es=Go("menu", set={"lang": "es"}, digit=1),
    en=Go("menu", set={"lang": "en"}, digit=2),
    pt=Go("menu", set={"lang": "pt"}, digit=3),
    country=Go("services.where", digit=4),
    other=Go("other_languages", digit=6),
)
flow.page("other_languages", then=Go("menu"))
flow.menu(
    "foreign",
    say=_foreign,
    says=tuple(f"start.foreign.{lang}" for lang in FOREIGN),
    es=Go("menu", set={"lang": "es"}, digit=1),
    en=Go("menu", set={"lang": "en"}, digit=2),
    pt=Go("menu", set={"lang": "pt"}, digit=3),
)
