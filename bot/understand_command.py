"""``python -m bot understand``: what Faro makes of sentences, for whoever measures it on their own; and the making of its weights.

Reads one JSON object a line (``id``, ``text``; optional ``lang``, ``country``) and prints one a line. Here belongs only the way in
and out. Never here: how a sentence is understood (``bot.understanding``), places (``bot.places``), identifying data
(``bot.identifying``). What was read is neither kept nor repeated in a message of error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple, TextIO

from bot.lexicon import Lexicon
from bot.places import Gazetteer
from bot.understanding import Understanding
from bot.understanding.sense import Weighed
from bot.wording import Wording
from flows.facts import COUNTRIES, LANGS, Mention
from flows.intents import INTENT_OF_TOPIC, SENSITIVE
from flows.kernel import Understood, Words
from flows.reading import clauses, fold
from flows.reserved import STOP_LIKE

TASKS = ("intent", "place", "pii")


class Where(NamedTuple):
    """A place as it is printed: nothing found is empty, several alike is ``ask``."""

    country: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    ask: bool = False


class Reader:
    """Everything that is needed to understand a line, loaded once. Raises ContentError."""

    def __init__(self) -> None:
        self.lexicon = Lexicon.load(Wording.load())
        self.places: Any = Gazetteer.load()
        self.understanding = Understanding(self.lexicon, self.places)
        self._spans = _spans()

    def answer(self, line: dict[str, Any], task: str) -> dict[str, Any]:
        """The answer to one line, with the same fields whatever the task."""
        text, country = str(line["text"]), str(line.get("country") or "")
        country = country if country in COUNTRIES else ""
        words = Words(text)
        weighed = self.understanding.sense.weigh(text)
        understood = self.understanding.read(words, country, weighed)
        danger = self.lexicon.cue(clauses(text))
        where = self._where(text, country, understood, whole=task == "place")
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
            "spans": [{"start": start, "end": end, "type": kind} for start, end, kind in self._spans(text)],
        }

    def _intents(self, words: Words, understood: Understood, weighed: Weighed | None) -> tuple[str, ...]:
        """Best first. A word that is a command says what it says."""
        folded = fold(words.reveal())
        command = self.lexicon.command(folded)
        said = ""
        if command == "leave" or folded.upper() in STOP_LIKE:
            said = "stop_exit"
        elif command in (*LANGS, "language") or understood.switch or understood.foreign:
            said = "language_switch"
        elif command in INTENT_OF_TOPIC:
            said = INTENT_OF_TOPIC[command]
        ranked = (intent for _, intent in (weighed.wants if weighed else ()))
        return tuple(dict.fromkeys((*filter(None, (said,)), *understood.intents, *ranked))) or ("other",)

    def _where(self, text: str, country: str, understood: Understood, whole: bool) -> Where:
        """The one call that knows how places are asked for."""
        if hasattr(self.places, "answer"):
            found = self.places.answer(text, country)
            return Where(found.country, found.place, found.lat, found.lon, found.ask)
        mention: Mention = self.places.named(text, country) if whole else understood.mention
        if len(mention.places) == 1:
            place = mention.places[0]
            return Where(place.country, place.name, place.lat, place.lon, not mention.certain)
        countries = mention.countries or tuple(dict.fromkeys(place.country for place in mention.places))
        return Where(countries[0] if len(countries) == 1 else "", ask=len(mention.places) > 1)


def _leading(weighed: Weighed | None) -> str:
    """The likeliest language, however little it leads."""
    return weighed.lang if weighed is not None and weighed.lead > 0 else ""


def _unsure(understood: Understood, danger: str) -> bool:
    """Whether Faro would ask before it goes on."""
    if danger:
        return False
    sensitive = understood.intents[:1] != () and understood.intents[0] in SENSITIVE
    return not understood.sure or (sensitive and not understood.named)


def _spans() -> Callable[[str], Iterable[tuple[int, int, str]]]:
    """Where identifying data stands in a text: (start, end, type) in code points."""
    if find_spec("bot.identifying") is None:
        return lambda text: ()
    found: Callable[[str], Iterable[Any]] = import_module("bot.identifying").spans

    def spans(text: str) -> list[tuple[int, int, str]]:
        return [(one.start, one.end, one.type) if hasattr(one, "type") else tuple(one) for one in found(text)]

    return spans


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
