"""Heard: where a sentence leads that the present screen does not take.

Here belongs what follows from what a sentence seems to want: straight to the screen where that is plain, a choice of two to four
where it is not or where it is sensitive. Never here: how a sentence is understood (``bot.understanding``), how services are found.
"""

from __future__ import annotations

from typing import Any

from flows import notices, services
from flows.facts import INTENTS, Facts, served
from flows.intents import BESIDE, KIND_OF, LABEL_OF, SENSITIVE, TOPIC_OF
from flows.kernel import Alarm, Branch, Choice, Event, Flow, Go, Phrase, Said, Session, Understood

flow = Flow("heard", guess=INTENTS, guesses="positions in INTENTS, likeliest first")

LANDS = (
    "services.where", "services.town", "services.which", "services.kind", "services.results", "services.nothing",
    "services.outside", "start.settings", "start.foreign", "heard.which", "heard.leave", "notices.rumour", "complaint.told",
    "complaint.what", "complaint.meant", *dict.fromkeys(services.TOPICS.values()),
)  # fmt: skip
"""Every screen that a sentence may lead to."""
AGREED = ("request.", "code.")
"""Topics in which something is being agreed on: an answer that is hard to read is no wish to be somewhere else."""
ENDS = tuple(f"complaint.{name}" for name in ("nobody", "thanked", "target", "stopped", "done", "not_saved", "busy"))
"""Screens of a complaint on which nothing is asked. Of all its others no sentence leads to services: what is no answer is asked in
other words (L-3)."""
TOLD_OF = frozenset(("organisation", "responders", "police", "official", "soldier", "smuggler", "employer"))
"""Whom a sentence has to name to be taken for what somebody did."""
FOR_ANOTHER = ("callback", "complaint", "services_near")
"""What is offered to whoever only says that they write for somebody else: each of them can be for somebody else."""
NOTHING_ASKED = ("start.hello", "start.menu", "start.extra")
DID_HARM = frozenset("BCH")
"""Classes of cues beside which such a sentence tells what somebody did, and not only that help is needed."""
NOT_HELPERS = TOLD_OF - {"organisation", "responders"}
"""Who is named in a cry for help is often somebody who helps."""


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """Where a sentence leads; None where nothing was understood."""
    asked = session.screen.startswith("complaint.") and session.screen not in ENDS
    if not isinstance(event, Said):
        return None if asked else services.understand(session, event, facts)
    heard = event.understood
    if heard.foreign:
        return Go("start.foreign", set={"foreign": heard.foreign})
    if answer := notices.answering(heard, session, facts):
        return answer
    if said := services.said_here(session, event, facts) or services.told(heard):
        return said
    if asked:
        return None
    if _tells(heard):
        return Go("complaint.told")
    if session.screen.startswith(AGREED) and not heard.named:
        return services.understand(session, event, facts)
    if heard.another and not heard.kinds and {*heard.topics} <= {"person"}:
        return _which(FOR_ANOTHER, heard, facts)
    offered = _offered(heard)
    if not offered:
        return services.understand(session, event, facts)
    if _plain(heard) or (offered[0] == "services_near" and not session.turn):
        return _to(offered[0], session, event, facts)
    if len(offered) == 1 and offered[0] not in SENSITIVE:
        return services.understand(session, event, facts) or _which(offered, heard, facts)
    return _which(offered, heard, facts)


def _tells(heard: Understood) -> bool:
    """Whether it plainly tells what somebody did. Who is put out of a shelter may look for another: it is offered beside it."""
    alone = heard.intents == ("complaint",) and TOLD_OF & set(heard.whom)
    return heard.sure and heard.intents[:1] == ("complaint",) and bool(alone or NOT_HELPERS & set(heard.whom))


def beside(session: Session, event: Event, facts: Facts) -> Go | None:
    """Where words lead that brought a card: "a soldier hit me" is something to tell, which is confirmed before anything else. Where
    something else is asked, the same question stands below the card (E-6)."""
    if not isinstance(event, Alarm) or session.screen not in NOTHING_ASKED:
        return None
    told = event.kind in DID_HARM and NOT_HELPERS & set(event.understood.whom)
    return Go("complaint.told") if told else None


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
