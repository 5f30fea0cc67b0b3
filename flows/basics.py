"""Basics: food, water, money. The network's package does not hold them; this says so, and where to ask.

Never here: a promise that somebody has any.
"""

from __future__ import annotations

from flows.kernel import Flow, Go
from flows.services import for_kind

flow = Flow("basics")
flow.menu(
    "where_to_ask",
    orientation=for_kind("case-management"),
    services=Go("services.where"),
    person=Go("person.where", digit=6),
)
