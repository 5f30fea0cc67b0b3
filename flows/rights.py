"""Rights: what holds for everybody on the move, in plain words.

Here belong statements that hold in all fourteen countries. Never here: advice on one matter, law of one country.
"""

from __future__ import annotations

from flows.kernel import Flow, Go
from flows.services import for_kind

flow = Flow("rights")
flow.menu(
    "asylum",
    legal=for_kind("legal"),
    person=Go("person.where", digit=6),
    more=Go("daily", digit=7),
)
flow.menu(
    "daily",
    legal=for_kind("legal"),
    person=Go("person.where", digit=6),
    more=Go("respect", digit=7),
)
flow.menu(
    "respect",
    legal=for_kind("legal"),
    feedback=Go("feedback.where"),
    person=Go("person.where", digit=6),
    more=Go("asylum", digit=7),
)
