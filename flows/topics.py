"""All topics joined into one graph: the only place that names them together.

Never here: a screen.
"""

from __future__ import annotations

from flows import (
    basics,
    code,
    complaint,
    crisis,
    feedback,
    heard,
    notices,
    person,
    privacy,
    relay,
    request,
    rights,
    services,
    start,
)  # fmt: skip
from flows.facts import Facts
from flows.kernel import Branch, Event, Go, Graph, Session


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """Words or a location that the present screen does not take: a code first, then what they seem to be about. What says nothing
    to Faro, where nothing was asked, may say something to the person on duty whom this chat is connected with."""
    found = code.understand(session, event, facts) or heard.understand(session, event, facts)
    return relay.said(session, event, facts) if found is None and _for_somebody(session, facts) else found


def _for_somebody(session: Session, facts: Facts) -> bool:
    """Whether words may be for the person on duty where they were not asked for: not where a code or the chat itself is settled."""
    if not relay.connected(facts) or session.screen.startswith(("code.", "relay.")):
        return False
    here = GRAPH.sheets.get(session.screen)
    return here is not None and here.hears is None


GRAPH = Graph(
    (
        start.flow,
        services.flow,
        person.flow,
        feedback.flow,
        complaint.flow,
        notices.flow,
        rights.flow,
        basics.flow,
        privacy.flow,
        request.flow,
        code.flow,
        relay.flow,
        heard.flow,
    ),
    hello="start.hello",
    menu="start.menu",
    language="start.settings",
    understand=Branch(
        understand,
        "services.side",
        *heard.LANDS,
        *code.ANYWHERE,
        *relay.PASSED,
    ),
    beside=Branch(heard.beside, "complaint.told"),
    emergency=crisis.emergency,
    alarm=crisis.alarm,
    shortcuts=services.TOPICS,
    gates=(("request.safe", "yes"), ("complaint.safe", "yes"), ("code.safe", "yes"), ("code.known", "yes"), *relay.GATES),
)
