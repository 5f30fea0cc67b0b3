"""How many turns and SMS segments it takes from the first sentence to an answer.

Here belongs somebody who writes a sentence, and then takes whatever on the screen leads to what they wanted. Never here: a figure
that must hold, a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median

from bot import gsm7
from bot.exchange import Message
from bot.talk import Phone
from flows.crisis import CLASSES
from flows.intents import KIND_OF, LABEL_OF
from tests.evaluation.sentences import Sentence

ANSWERS = frozenset(
    {
        "services.results", "services.nothing", "services.outside", "person.lines", "request.safe", "feedback.channels",
        "rights.asylum", "basics.where_to_ask", "privacy.answer", "start.settings", "start.foreign", "heard.leave",
        "code.safe", "complaint.safe", "complaint.what", "complaint.other", "notices.rumours", "notices.rumour",
    }
)  # fmt: skip
"""Screens that answer somebody."""
TOWN = {"es": "cucuta", "en": "port of spain", "pt": "boa vista"}
GIVEN_UP = 8
"""Turns after which somebody stops."""
_MENU = {"callback": "2", "complaint": "3", "feedback": "3", "language_switch": "5", "rights_info": "7", "food_water_money": "7"}
_KINDS = tuple(KIND_OF)


@dataclass(frozen=True, slots=True)
class Walk:
    """What it took."""

    turns: int
    segments: int
    answered: bool


async def walk(sentence: Sentence, phone: Phone, labels: dict[str, str]) -> Walk:
    """From the first sentence to an answer. ``labels``: catalog id -> what the phone shows, in the language of the phone."""
    typed = sentence.text
    segments = 0
    for turn in range(1, GIVEN_UP + 1):
        await phone.hears(typed)
        reply = phone.replies[-1]
        if reply.message is None:
            return Walk(turn, segments, True)
        segments += gsm7.segments(reply.message.text)
        alarmed = turn == 1 and any(getattr(part, "id", "").startswith(("crisis.", "emergency.")) for part in reply.parts)
        if reply.screen in ANSWERS or (alarmed and sentence.kind in CLASSES):
            return Walk(turn, segments, True)
        if "other" in sentence.intents and turn == 1:
            return Walk(turn, segments, True)
        typed = _next(reply.screen, sentence, reply.message, labels)
    return Walk(GIVEN_UP, segments, False)


def _next(screen: str, sentence: Sentence, message: Message, labels: dict[str, str]) -> str:
    """What this person sends on this screen."""
    want = sentence.intents[0]
    if screen == "start.hello":
        return {"es": "1", "en": "2", "pt": "3"}[sentence.lang]
    if screen in (
        "services.where",
        "services.town",
        "services.share",
        "person.where",
        "feedback.where",
        "complaint.where",
        "notices.where",
    ):
        return TOWN[sentence.lang]
    if screen == "services.kind":
        return str(_KINDS.index(want) + 1) if want in _KINDS[:5] else "7" if want in _KINDS else "6"
    if screen == "heard.which":
        for intent in sentence.intents:
            label = labels.get(LABEL_OF.get(intent, ""), "\0")
            found = re.search(rf"(\d+) {re.escape(label)}", message.text)
            if found:
                return found[1]
            if any(label == button.label for row in message.rows for button in row):
                return f"[{label}]"
        return "6"
    if screen == "complaint.kind":
        return "2" if want == "complaint" else "3"
    if screen == "start.menu":
        return _MENU.get(want, "1")
    if screen == "start.extra":
        return "1" if want == "rights_info" else "2"
    return "1"


def middle(walks: list[Walk]) -> tuple[float, float, float]:
    """Median turns, median segments, share that got an answer."""
    return (
        median(one.turns for one in walks),
        median(one.segments for one in walks),
        sum(one.answered for one in walks) / len(walks),
    )
