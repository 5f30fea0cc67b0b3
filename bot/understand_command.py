"""``python -m bot understand``: what Faro makes of sentences, for whoever measures it on their own; and the making of its weights.

Reads one JSON object a line (``id``, ``text``; optional ``lang``, ``country``) and prints one a line. Here belongs only the way in
and out. Never here: how a sentence is understood (``bot.understanding``), places (``bot.places``), identifying data
(``bot.identifying``). What was read is neither kept nor repeated in a message of error.
"""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

from bot.identifying import spans
from bot.lexicon import Lexicon
from bot.places import Gazetteer
from bot.understanding import Understanding
from bot.understanding.sense import Weighed
from bot.wording import Wording
from flows.facts import COUNTRIES, LANGS
from flows.intents import INTENT_OF_TOPIC, SENSITIVE
from flows.kernel import Understood, Words
from flows.reading import clauses, fold
from flows.reserved import STOP_LIKE

TASKS = ("intent", "place", "pii")


class Reader:
    """Everything that is needed to understand a line, loaded once. Raises ContentError."""

    def __init__(self) -> None:
        self.lexicon = Lexicon.load(Wording.load())
        self.places = Gazetteer.load()
        self.understanding = Understanding(self.lexicon, self.places)

    def answer(self, line: dict[str, Any], task: str) -> dict[str, Any]:
        """The answer to one line, with the same fields whatever the task."""
        text, country = str(line["text"]), str(line.get("country") or "")
        country = country if country in COUNTRIES else ""
        words = Words(text)
        weighed = self.understanding.sense.weigh(text)
        understood = self.understanding.read(words, country, weighed)
        danger = self.lexicon.cue(clauses(text))
        where = self.places.answer(text, country)
        intents = self._intents(words, understood, weighed)
        return {
            "id": line.get("id"),
            "intents": list(intents),
            "crisis": bool(danger),
            "crisis_class": danger or None,
            "lang": understood.lang or _leading(weighed) or str(line.get("lang") or ""),
            "country": where.country,
            "place": where.place,
            "lat": where.lat,
            "lon": where.lon,
            "ask": where.ask if task == "place" else where.ask or _unsure(understood, danger),
            "spans": [{"start": span.start, "end": span.end, "type": span.type} for span in spans(text)],
        }

    def _intents(self, words: Words, understood: Understood, weighed: Weighed | None) -> tuple[str, ...]:
        """Best first, as a conversation takes them: a word that is a command says what it says."""
        folded = fold(words.reveal())
        command = self.lexicon.command(folded)
        said = ""
        if command == "leave" or folded.upper() in STOP_LIKE:
            said = "stop_exit"
        elif command in (*LANGS, "language") or understood.switch or understood.foreign:
            said = "language_switch"
        elif command in INTENT_OF_TOPIC:
            said = INTENT_OF_TOPIC[command]
        elif not understood.intents and (understood.mention.places or understood.mention.countries):
            said = "services_near"  # a place and nothing else: what there is in it
        ranked = (intent for _, intent in (weighed.wants if weighed else ()))
        return tuple(dict.fromkeys((*filter(None, (said,)), *understood.intents, *ranked))) or ("other",)


def _leading(weighed: Weighed | None) -> str:
    """The likeliest language, however little it leads."""
    return weighed.lang if weighed is not None and weighed.lead > 0 else ""


def _unsure(understood: Understood, danger: str) -> bool:
    """Whether Faro would ask before it goes on."""
    if danger:
        return False
    sensitive = understood.intents[:1] != () and understood.intents[0] in SENSITIVE
    return not understood.sure or (sensitive and not understood.named)


def run(task: str, lines: TextIO, out: TextIO, err: TextIO) -> int:
    """Answers to all lines; 2 where one of them could not be read, which is said by its number."""
    reader = Reader()
    status = 0
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict) or not isinstance(line.get("text"), str):
            print(f'Line {number} is no JSON object with a "text"; write {{"id": "1", "text": "..."}} on a line.', file=err)
            status = 2
            continue
        print(json.dumps(reader.answer(line, task), ensure_ascii=False), file=out, flush=True)
    return status


def build() -> int:
    """Make the weights anew out of ``content``; says what they were made of."""
    from bot.understanding.building import build as made  # noqa: PLC0415 - training is not needed to answer

    print(made())
    return 0


def main(task: str, building: bool) -> int:
    """The command. Standard input may hold any bytes: what is not UTF-8 is replaced."""
    if building:
        return build()
    for stream in (sys.stdin, sys.stdout):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    return run(task, sys.stdin, sys.stdout, sys.stderr)
