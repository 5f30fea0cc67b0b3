"""The map of all screens: what leads where, what cannot be reached, where nobody could get away, which entries the catalogs need.

Here belongs what can be said about the tables without playing them. Never here: drawing, files, words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from flows import crisis
from flows.complaint_fields import WORDED
from flows.facts import KINDS, LANGS, RUMOURS
from flows.kernel import Graph, Sheet, targets

NAV = ("nav.on", "nav.more", "nav.back", "nav.emergency", "nav.leave")
UNCLEAR = ("text", "voice", "picture", "file", "contact", "sticker", "live", "edited", "other")
KERNEL = (
    "kernel.menu_changed",
    "kernel.automatic",
    "kernel.wait",
    "kernel.not_saved",
    "services.share.button",
    "place.full",
    *(f"unclear.{what}" for what in UNCLEAR),
    "unclear.again",
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a screen to another. ``by`` is the option, or ``(words)``, ``(location)``, ``*`` for computed choices."""

    start: str
    by: str
    end: str


def edges(graph: Graph) -> Iterator[Edge]:
    for sheet in graph.sheets.values():
        for name, move in sheet.moves():
            for target in targets(move):
                yield Edge(sheet.id, name, target)


def unreachable(graph: Graph, without: Collection[tuple[str, str]] = ()) -> set[str]:
    """Screens to which nothing leads, from the first screen, the menu, or from anywhere by words or a command; ``without`` these
    choices (screen, option)."""
    roots = {graph.hello, graph.menu, graph.language, *targets(graph.understand), *graph.shortcuts.values()}
    ways: dict[str, set[str]] = {}
    for edge in edges(graph):
        if (edge.start, edge.by) not in without:
            ways.setdefault(edge.start, set()).add(edge.end)
    seen: set[str] = set()
    queue = list(roots)
    while queue:
        screen = queue.pop()
        if screen not in seen:
            seen.add(screen)
            queue += ways.get(screen, ())
    return set(graph.sheets) - seen


def behind(graph: Graph) -> set[str]:
    """Screens that nobody reaches without having said that it is fine to read and write on this phone now (E-4)."""
    return unreachable(graph, without=graph.gates)


def dead_ends(graph: Graph) -> set[str]:
    """Screens with no way on of their own (back, menu, emergency numbers and leave exist everywhere)."""
    return {sheet.id for sheet in graph.sheets.values() if not any(True for _ in sheet.moves())}


def labels(sheet: Sheet) -> list[str]:
    """Catalog ids of the written options of a screen."""
    return ["nav.on" if key == "on" else f"{sheet.id}.{key}" for key in sheet.options]


def texts_behind(graph: Graph) -> set[str]:
    """Catalog ids that stand on such screens only: where explicit words are allowed (E-7)."""
    hidden = behind(graph)
    before = {id for sheet in graph.sheets.values() if sheet.id not in hidden for id in _texts(sheet)}
    return {id for screen in hidden for id in _texts(graph.sheets[screen])} - before - {*NAV, *KERNEL, *crisis.TEXTS}


def _texts(sheet: Sheet) -> tuple[str, ...]:
    return (*(sheet.says if sheet.say is not None else (sheet.id,)), *labels(sheet))


def texts(graph: Graph) -> list[str]:
    """Every catalog id that a person may see, each once, in the order of the topics."""
    found: dict[str, None] = dict.fromkeys((*NAV, *KERNEL))
    for sheet in graph.sheets.values():
        found |= dict.fromkeys(_texts(sheet))
    found |= dict.fromkeys(crisis.TEXTS)
    return list(found)


def typed(graph: Graph) -> list[str]:
    """Every catalog id that lists words which people may type."""
    return [
        *(f"words.digit.{digit}" for digit in range(10)),
        *(f"words.{name}" for name in ("leave", "emergency", "back", "menu", "more", "language", "again", "mark", "article")),
        *(f"words.lang.{code}" for code in LANGS),
        *(f"words.topic.{topic}" for topic in graph.shortcuts),
        *(f"words.kind.{kind.replace('-', '_')}" for kind in KINDS),
        *(f"words.rumour.{name}" for name in RUMOURS),
        "words.another",
        "words.another.whom",
        *(f"words.{label}" for label in WORDED),
    ]
