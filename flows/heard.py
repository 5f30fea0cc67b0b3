"""Heard: where a sentence leads that the present screen does not take.

Here belongs what follows from what a sentence seems to want: straight to the screen where that is plain, a choice of two to four
where it is not or where it is sensitive. Never here: how a sentence is understood (``bot.understanding``), how services are found.
"""

from __future__ import annotations

from typing import Any

from flows import notices, services
from flows.facts import INTENTS, Facts, served
from flows.intents import BESIDE, KIND_OF, LABEL_OF, SENSITIVE, TOPIC_OF
from flows.kernel import Branch, Choice, Event, Flow, Go, Phrase, Said, Session, Understood

flow = Flow("heard", guess=INTENTS, guesses="positions in INTENTS, likeliest first")

LANDS = (
    "services.where", "services.town", "services.which", "services.kind", "services.results", "services.nothing",
    "services.outside", "start.settings", "start.foreign", "heard.which", "heard.leave", "notices.rumour",
    *services.TOPICS.values(),
)  # fmt: skip
"""Every screen that a sentence may lead to."""
AGREED = ("request.", "code.", "complaint.")
"""Topics in which something is being agreed on: an answer that is hard to read is no wish to be somewhere else."""


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """Where a sentence leads; None where nothing was understood."""
    if not isinstance(event, Said):
        return services.understand(session, event, facts)
    heard = event.understood
    if heard.foreign:
        return Go("start.foreign", set={"foreign": heard.foreign})
    if answer := notices.answering(heard, session, facts):
        return answer
    if said := services.told(heard):
        return said
    if session.screen.startswith(AGREED) and not heard.named:
        return services.understand(session, event, facts)
    offered = _offered(heard)
    if not offered:
        return services.understand(session, event, facts)
    if _plain(heard) or (offered[0] == "services_near" and not session.turn):
        return _to(offered[0], session, event, facts)
    if len(offered) == 1 and offered[0] not in SENSITIVE:
        return services.understand(session, event, facts) or _which(offered, heard, facts)
    return _which(offered, heard, facts)


def _offered(heard: Understood) -> tuple[str, ...]:
    """What may be offered: one want for each label, none that Faro has no screen for."""
    labels = {LABEL_OF.get(intent, intent): intent for intent in reversed(heard.intents) if intent != "other"}
    if heard.sure and heard.intents[:1] == ("other",):
        return ()
    offered = tuple(intent for intent in heard.intents if intent in labels.values())
    beside = BESIDE.get(offered[0]) if offered and not heard.named else None
    return (*(intent for intent in offered[:2] if intent != beside), beside) if beside else offered


def _plain(heard: Understood) -> bool:
    """Whether the first want can be taken without a question: said in so many words, or plain and not sensitive."""
    first = heard.intents[0]
    return heard.sure and first != "other" and (heard.named or first not in SENSITIVE)


def _to(intent: str, session: Session, event: Said, facts: Facts) -> Go | None:
    if intent in KIND_OF:
        return services.wanted(KIND_OF[intent], session, event, facts)
    if intent == "services_near":
        place = services.somewhere(session, event, facts)
        # Whoever only asks for help, in a first message, is greeted (E-3) and sees the menu.
        return place if place or not (session.turn or event.understood.named) else Go(services.TOPICS["services"])
    if intent in TOPIC_OF:
        return Go(services.TOPICS[TOPIC_OF[intent]])
    return Go("start.settings" if intent == "language_switch" else "heard.leave")


def _which(offered: tuple[str, ...], heard: Understood, facts: Facts) -> Go:
    """The question which of these, with the place that was named in the same sentence."""
    filled: dict[str, Any] = {"guesses": tuple(INTENTS.index(intent) for intent in offered)}
    mention = served(heard.mention, facts.countries)
    if len(mention.places) == 1 and mention.certain:
        place = mention.places[0]
        filled |= {"country": place.country, "place": place.id}
    elif not mention.places and len(mention.countries) == 1:
        filled |= {"country": mention.countries[0], "place": 0}
    return Go("heard.which", set=filled)


def _guesses(session: Session, facts: Facts) -> list[Choice]:
    guesses = (INTENTS[number] for number in session.slot("guesses", ()) if 0 <= number < len(INTENTS))
    return [Choice(intent, Phrase(LABEL_OF.get(intent, "heard.which.leave"))) for intent in guesses]


def _chosen(session: Session, event: Event, facts: Facts) -> Go | None:
    intent = str(session.slot("guess"))
    if intent in KIND_OF:
        return services.for_kind(KIND_OF[intent]).pick(session, event, facts)
    if intent == "services_near":
        return Go("services.kind" if session.slot("country") else services.TOPICS["services"])
    if intent in TOPIC_OF:
        return Go(services.TOPICS[TOPIC_OF[intent]])
    return Go("start.settings" if intent == "language_switch" else "heard.leave")


flow.choose(
    "which",
    slot="guess",
    among=_guesses,
    says=("heard.which", "heard.which.leave", *sorted(set(LABEL_OF.values()))),
    say=lambda session, facts: (Phrase("heard.which"),),
    then=Branch(
        _chosen,
        "services.where", "services.kind", "services.results", "services.nothing", "start.settings", "heard.leave",
        *dict.fromkeys(services.TOPICS[topic] for topic in TOPIC_OF.values() if topic != "services"),
    ),
    none=Go("start.menu", digit=6),
)  # fmt: skip
flow.page("leave", then=Go("start.menu"))
