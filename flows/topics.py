"""All topics joined into one graph: the only place that names them together.

Never here: a screen.
"""

from __future__ import annotations

from flows import basics, code, crisis, feedback, person, privacy, relay, request, rights, services, start
from flows.facts import Facts
from flows.kernel import Branch, Event, Go, Graph, Said, Session


def understand(session: Session, event: Event, facts: Facts) -> Go | None:
    """Words or a location that the present screen does not take: a code first, then what they seem to be about. What says nothing
    to Faro, where nothing was asked, may say something to the person on duty whom this chat is connected with."""
    found = code.understand(session, event, facts) or services.understand(session, event, facts)
    if found is None and relay.connected(facts) and isinstance(event, Said) and GRAPH.sheets[session.screen].hears is None:
        return relay.said(session, event, facts)
    return found


GRAPH = Graph(
    (
        start.flow,
        services.flow,
        person.flow,
        feedback.flow,
        rights.flow,
        basics.flow,
        privacy.flow,
        request.flow,
        code.flow,
        relay.flow,
    ),
    hello="start.hello",
    menu="start.menu",
    language="start.settings",
    understand=Branch(
        understand,
        "services.where",
        "services.town",
        "services.which",
        "services.side",
        "services.kind",
        "services.results",
        "services.nothing",
        "services.outside",
        *services.TOPICS.values(),
        *code.ANYWHERE,
        *relay.PASSED,
    ),
    emergency=crisis.emergency,
    alarm=crisis.alarm,
    shortcuts=services.TOPICS,
)
