"""Complaint fields: the closed values of a complaint, and what a new one begins with.

Never here: a screen, a sentence, who may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.facts import Offer
from flows.kernel import Session, SlotValue

ABOUT = (
    "organisation", "responders", "official", "police", "soldier", "smuggler", "employer", "other", "unknown", "service", "none",
)  # fmt: skip
"""Whom or what it is about; the same as ``bot.complaints.tables.ABOUT``."""
TOPICS = (
    "other_behaviour", "waited", "turned_away", "asked_money", "disrespect", "wrong_information", "closed", "moved", "number",
    "hours", "not_free", "thanks", "idea", "rumour", "other",
)  # fmt: skip
"""What it is about in one word. How somebody behaved has one for all: what happened is not asked (C-3)."""
WRONG = ("closed", "moved", "number", "hours", "not_free")
"""What makes an entry of the directory wrong: passed on as that, without a trace of who said it (``bot.remarks``)."""
SAID = ("waited", "turned_away", "asked_money", "disrespect", "wrong_information", "thanks", "idea", "other")
"""What is a complaint, thanks or an idea, where the place is known, and where it is not."""
ACCUSING = ("other_behaviour", "turned_away", "asked_money", "disrespect", "other")
"""Topics that may be about what people of an organisation did: they are not to meet who said it (``flows.accused``)."""
HARMLESS = ("thanks", "idea", "rumour")
"""Topics that need not go round anybody's people: of all others it is asked whose people they are about. Of these it is asked once
more where what was written names somebody, or tells what somebody did (``flows.whose``)."""
TELLING = frozenset((*ACCUSING, "not_free"))
"""What in the words of a note tells that people of an organisation did something."""
ANSWERED = ("happened", "when", "danger", "child", "helped", "answered")
"""Questions about how somebody behaved whose answers are of closed sets, beside whom it is about and the municipality."""
WHO = ("organisation", "responders", "police", "official", "soldier", "smuggler", "employer", "other")
"""Whom it can be about when it is how somebody behaved, as the choices stand; not known is one as well (C-11)."""
WORDED = (
    *(f"complaint.who.{about}" for about in (*WHO, "unknown")),
    *(f"complaint.what.{topic}" for topic in (*WRONG, *SAID) if topic != "other"),
    "services.details.said",
)  # fmt: skip
"""Labels of options for which the catalogs list further words (``words.`` and the label): they are found inside a sentence too."""
FRESH: Mapping[str, SlotValue] = {
    **dict.fromkeys(("about", "organisation", "topic", *ANSWERED, "minor", "count", "heavy", "named", "paper"), ""),
    "spot": 0, "opened": (),
}  # fmt: skip
"""A new complaint begins without answers of an earlier one."""


def of_place(session: Session, offer: Offer) -> dict[str, Any]:
    """What is known when somebody wants to say something about this place. Another country has other places."""
    elsewhere = {} if offer.country == session.slot("country") else {"place": 0}
    return {**FRESH, "path": "service", "service": offer.key, "country": offer.country, **elsewhere}
