"""All topics joined into one graph: the only place that names them together.

Never here: a screen.
"""

from __future__ import annotations

from flows import basics, crisis, feedback, person, privacy, rights, services, start
from flows.kernel import Branch, Graph

GRAPH = Graph(
    (start.flow, services.flow, person.flow, feedback.flow, rights.flow, basics.flow, privacy.flow),
    hello="start.hello",
    menu="start.menu",
    language="start.settings",
    understand=Branch(
        services.understand,
        "services.where",
        "services.town",
        "services.which",
        "services.side",
        "services.kind",
        "services.results",
        "services.nothing",
        "services.outside",
        *services.TOPICS.values(),
    ),
    emergency=crisis.emergency,
    alarm=crisis.alarm,
    shortcuts=services.TOPICS,
)
