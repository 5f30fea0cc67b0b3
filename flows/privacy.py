"""Privacy: what is kept, why, who sees it, how long, what stays on the phone, how to erase it, who runs this (P-7).

Never here: a promise without limits.
"""

from __future__ import annotations

from flows.facts import Facts
from flows.kernel import Flow, Go, Session

flow = Flow("privacy")


def _params(session: Session, facts: Facts) -> dict[str, int]:
    return {"minutes": facts.keep_minutes}


def _request(session: Session, facts: Facts) -> dict[str, int]:
    return {"days": facts.ticket_days, "closed": facts.closed_days}


def _complaint(session: Session, facts: Facts) -> dict[str, int]:
    return {"days": facts.complaint_days, "closed": facts.closed_days}


flow.page("answer", params=_params, then=Go("start.menu"), more=Go("request", digit=7))
flow.page("request", params=_request, then=Go("start.menu"), more=Go("complaint", digit=7))
flow.page("complaint", params=_complaint, then=Go("start.menu"), more=Go("phone", digit=7))
flow.page("phone", params=_params, then=Go("start.menu"), feedback=Go("complaint.kind"))
