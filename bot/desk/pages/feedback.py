"""The inbox of feedback: about services, thanks, ideas, and what somebody heard.

Here belong its page and its topics. Never here: what it shares with complaints about behaviour (``complaints``), one piece of it
(``complaint``).
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bot.complaints.tables import TOPICS
from bot.desk.pages.complaints import DONE, following, rows
from bot.desk.routing import ANY_OF, page
from bot.desk.visit import Visit

READS: Final = ANY_OF("see_feedback")
OF_FEEDBACK: Final = TOPICS[7:]


@page("/feedback", allow=READS, nav=14)
async def feedback(visit: Visit) -> Response:
    done, topic = visit.query("done"), _topic(visit)
    return visit.show(
        "feedback.html",
        rows=await rows(visit, "feedback", topic),
        topic=topic,
        topics=[(each, visit.t(f"desk.complaints.topic.{each}")) for each in OF_FEEDBACK],
        done=done if done in DONE else "",
    )


@page("/feedback/rows", allow=READS, passive=True)
async def live_rows(visit: Visit) -> Response:
    return visit.json({"rows": await rows(visit, "feedback", _topic(visit))})


@page("/feedback/events", allow=READS, passive=True)
async def events(visit: Visit) -> Response:
    return following(visit, "feedback")


def _topic(visit: Visit) -> str:
    asked = visit.query("topic")
    return asked if asked in OF_FEEDBACK else ""
