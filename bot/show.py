"""Shows a topic as a readable script, or the map of all screens as a picture, derived from the tables themselves.

Here belong the two writers. Never here: a word of its own that a person on the move would see.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import wrap

from bot.wording import Wording
from flows.graph import Edge, edges, labels
from flows.kernel import Branch, Graph, Sheet, targets


def script(graph: Graph, topic: str, lang: str, wording: Wording) -> str:
    """The screens of one topic with their texts, choices and ways on, in ``lang``. Raises KeyError for an unknown topic."""
    flow = next((flow for flow in graph.flows if flow.name == topic), None)
    if flow is None:
        raise KeyError(f"There is no topic {topic}. Topics: {', '.join(flow.name for flow in graph.flows)}.")
    lines = [f"# {topic} ({lang})", ""]
    for sheet in flow.sheets.values():
        lines += _screen(sheet, lang, wording)
    return "\n".join(lines)


def _screen(sheet: Sheet, lang: str, wording: Wording) -> list[str]:
    lines = [f"## {sheet.id}"]
    said = sheet.says if sheet.say is not None else (sheet.id,)
    for id in said:
        lines += [f"    {line}" for line in wording.text(lang, id).splitlines()]
        if ("sms", id) in wording.texts[lang]:
            lines.append(f"    [SMS] {wording.text(lang, id, 'sms')}")
    for key, label in zip(sheet.options, labels(sheet), strict=True):
        move = sheet.options[key]
        digit = f"{move.digit} " if move.digit else "· "
        only = " (only sometimes)" if move.only else ""
        lines.append(f"  {digit}{wording.text(lang, label)}{only} -> {_ways(move)}")
    for name, move in sheet.moves():
        if name in ("*", "(words)", "(location)"):
            what = {"*": "one of the list", "(words)": "words", "(location)": "a shared place"}[name]
            lines.append(f"  · [{what}] -> {_ways(move)}")
    return [*lines, ""]


def _ways(move: Branch | object) -> str:
    return " | ".join(targets(move))  # type: ignore[arg-type]


# --- the map ---------------------------------------------------------------------------------------------------------

_WIDE, _GAP, _LEFT, _TOP, _APART, _LINE = 196, 88, 24, 92, 18, 15
_LETTERS = 28
"""Small letters that fit a box's width."""
_WORDS = ("(words)", "(location)")
_TINTS = ("#e3eef0", "#fbf3e4", "#eef0e3", "#f4e9ec", "#e9ebf6", "#f1ece6", "#e6f1ea")
_ANYWHERE = (
    "An arrow is a choice (pick: one of a list); a dashed one needs words or a shared place.",
    "Under “also”: choices that lead back, far ahead, or into another topic.",
    "From every screen: 8 back, 9 emergency numbers and then the same screen, 0 leave, another language, the name of a topic.",
    "Words that name a need or a place lead straight to kind or results; which, side and outside ask or say what is not clear.",
)


def drawn(graph: Graph) -> str:
    """The map of all screens as SVG: a column for each step from the first screen, an arrow for each choice that leads on."""
    steps = _steps(graph)
    ways = _ways_on(graph)
    solid = [pair for pair, names in ways.items() if set(names) - set(_WORDS) and _leads_on(*pair, steps)]
    dashed = _first_ways(ways, steps, {end for _, end in solid} | {graph.hello})
    arrows = {pair: _named([name for name in ways[pair] if name not in _WORDS]) for pair in solid}
    arrows |= {pair: _named([name.strip("()") for name in ways[pair]]) for pair in dashed}
    notes = {screen: _also(screen, ways, set(arrows)) for screen in graph.sheets}
    spot = _places(graph, steps, list(arrows), notes)
    wide = _LEFT + (max(steps.values()) + 1) * (_WIDE + _GAP) - _GAP + _LEFT
    bottom = max(y + _high(notes[screen]) for screen, (_, y) in spot.items())
    high = bottom + 40 + 22 * len(_ANYWHERE)
    tint = {flow.name: _TINTS[number % len(_TINTS)] for number, flow in enumerate(graph.flows)}
    paths = "\n".join(_arrow(spot, notes, start, end, dashed=(start, end) in dashed) for start, end in arrows)
    names = "\n".join(_names(spot, notes, arrows))
    boxes = "\n".join(_box(screen, *spot[screen], notes[screen], tint[_topic(screen)]) for screen in graph.sheets)
    legend = "\n".join(
        f'<text x="{_LEFT}" y="{bottom + 42 + 22 * row}">{escape(line)}</text>' for row, line in enumerate(_ANYWHERE)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img">
<title>Map of all screens</title>
<desc>{escape(_told(graph))}</desc>
<style>
text {{ font: 14px system-ui, sans-serif; fill: #22211f }} .head {{ font-size: 22px; font-weight: 600; fill: #14525a }}
rect {{ stroke: #14525a; stroke-width: 1.2 }} .screen {{ font-weight: 600 }} .topic {{ font-weight: 400; fill: #55534e }}
.also, .by {{ font-size: 11.5px; fill: #55534e }} .by {{ fill: #14525a; paint-order: stroke; stroke: #fff; stroke-width: 4px }}
path {{ fill: none; stroke: #14525a; stroke-width: 1.4 }} .dashed {{ stroke-dasharray: 5 4 }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path d="M0 0 8 4 0 8z" style="fill:#14525a;stroke:none"/></marker></defs>
<rect x="0" y="0" width="{wide}" height="{high}" style="fill:#fff;stroke:none"/>
<text class="head" x="{_LEFT}" y="46">Faro: what leads where</text>
{paths}
{boxes}
{names}
{legend}
</svg>
"""


def _ways_on(graph: Graph) -> dict[tuple[str, str], list[str]]:
    """(screen, screen) -> options that lead from the one to the other."""
    ways: dict[tuple[str, str], list[str]] = {}
    for edge in edges(graph):
        if edge.start != edge.end:
            ways.setdefault((edge.start, edge.end), []).append(edge.by)
    return ways


def _steps(graph: Graph) -> dict[str, int]:
    """How many steps each screen is away from the first one, along the main way of each choice (a branch names it first).

    Beside the main way stand the other ends of a branch; where only words lead, they count.
    """
    main: dict[str, list[str]] = {}
    beside: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    for sheet in graph.sheets.values():
        for name, move in sheet.moves():
            first, *rest = targets(move)
            if name in _WORDS:
                said.setdefault(sheet.id, []).extend((first, *rest))
            else:
                main.setdefault(sheet.id, []).append(first)
                beside.setdefault(sheet.id, []).extend(rest)
    steps = {graph.hello: 0}
    queue = [graph.hello]
    while queue:
        start = queue.pop(0)
        for end in main.get(start, ()):
            if end not in steps:
                steps[end] = steps[start] + 1
                queue.append(end)
    for ways, choose in ((beside, max), (said, min)):
        found: dict[str, list[int]] = {}
        for start, ends in ways.items():
            for end in ends:
                if end not in steps and start in steps and _topic(start) == _topic(end):
                    found.setdefault(end, []).append(steps[start] + 1)
        steps |= {end: choose(far) for end, far in found.items()}
    last = max(steps.values()) + 1
    return {screen: steps.get(screen, last) for screen in graph.sheets}


def _topic(screen: str) -> str:
    return screen.split(".", 1)[0]


def _leads_on(start: str, end: str, steps: dict[str, int]) -> bool:
    """Whether an arrow shows this way: to the next column, within a topic or from the menus into one."""
    return steps[end] == steps[start] + 1 and (_topic(start) == _topic(end) or _topic(start) == "start")


def _named(names: list[str]) -> str:
    told = ["pick" if name == "*" else name for name in dict.fromkeys(names)]
    return ", ".join(told) if len(told) <= 3 else f"any of {len(told)}"


def _first_ways(ways: dict[tuple[str, str], list[str]], steps: dict[str, int], reached: set[str]) -> list[tuple[str, str]]:
    """For a screen that no drawn choice leads to: the first way by words or by a shared place."""
    found: list[tuple[str, str]] = []
    for end in [screen for screen in steps if screen not in reached]:
        starts = [start for start, target in ways if target == end and steps[start] == steps[end] - 1]
        if starts:
            found.append((starts[0], end))
    return found


def _also(screen: str, ways: dict[tuple[str, str], list[str]], arrows: set[tuple[str, str]]) -> list[str]:
    """Lines that name where else the choices of a screen lead."""
    topic = screen.split(".", maxsplit=1)[0]
    ends = [end for (start, end), names in ways.items() if start == screen and set(names) - set(_WORDS)]
    names = [end.split(".")[1] if end.startswith(f"{topic}.") else end for end in ends if (screen, end) not in arrows]
    return wrap(f"also {', '.join(names)}", _LETTERS) if names else []


def _high(note: list[str]) -> int:
    return 30 + _LINE * len(note) + (4 if note else 0)


def _places(
    graph: Graph, steps: dict[str, int], arrows: list[tuple[str, str]], notes: dict[str, list[str]]
) -> dict[str, tuple[int, int]]:
    """Where each box stands: beside what leads to it, in the order of the topics, never on another."""
    order = {screen: number for number, screen in enumerate(graph.sheets)}
    middle: dict[str, float] = {}
    spot: dict[str, tuple[int, int]] = {}
    for step in range(max(steps.values()) + 1):
        column = [screen for screen in graph.sheets if steps[screen] == step]
        wish = {
            screen: sum(above) / len(above) if (above := [middle[s] for s, e in arrows if e == screen and s in middle]) else 0.0
            for screen in column
        }
        column.sort(key=lambda screen: (wish[screen], order[screen]))
        y = 0.0
        tops: list[float] = []
        for screen in column:
            y = max(y, 0.0)
            tops.append(y)
            y += _high(notes[screen]) + _APART
        centre = sum(wish.values()) / len(wish) if wish else 0.0
        shift = centre - (y - _APART) / 2
        for screen, top in zip(column, tops, strict=True):
            middle[screen] = top + shift + _high(notes[screen]) / 2
            spot[screen] = (_LEFT + step * (_WIDE + _GAP), round(top + shift))
    least = min(y for _, y in spot.values())
    return {screen: (x, y - least + _TOP) for screen, (x, y) in spot.items()}


def _box(id: str, x: int, y: int, note: list[str], tint: str) -> str:
    topic, name = (escape(part) for part in id.split(".", 1))
    lines = "".join(
        f'<text class="also" x="{x + 12}" y="{y + 37 + _LINE * row}">{escape(line)}</text>' for row, line in enumerate(note)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_high(note)}" rx="6" style="fill:{tint}"/>'
        f'<text class="screen" x="{x + 12}" y="{y + 20}"><tspan class="topic">{topic}.</tspan>{name}</text>{lines}'
    )


def _arrow(spot: dict[str, tuple[int, int]], notes: dict[str, list[str]], start: str, end: str, *, dashed: bool) -> str:
    (ax, ay), (bx, by) = spot[start], spot[end]
    a, b = ay + _high(notes[start]) / 2, by + _high(notes[end]) / 2
    bend = _GAP * 0.45
    look = ' class="dashed"' if dashed else ""
    return (
        f'<path{look} d="M{ax + _WIDE} {a:g} C{ax + _WIDE + bend:g} {a:g} {bx - bend:g} {b:g} {bx} {b:g}" marker-end="url(#tip)"/>'
    )


def _names(spot: dict[str, tuple[int, int]], notes: dict[str, list[str]], arrows: dict[tuple[str, str], str]) -> Iterator[str]:
    """The name of the choice, where its arrow arrives; once where several arrive by the same."""
    for end in dict.fromkeys(end for _, end in arrows):
        names = dict.fromkeys(name for (_, target), name in arrows.items() if target == end)
        x, y = spot[end]
        text = escape(" / ".join(names))
        yield f'<text class="by" x="{x - 10}" y="{y + _high(notes[end]) / 2 - 6:g}" text-anchor="end">{text}</text>'


def _told(graph: Graph) -> str:
    """The same map in words, for those who do not see the picture."""
    ways: dict[str, list[str]] = {}
    edge: Edge
    for edge in edges(graph):
        if edge.end not in ways.setdefault(edge.start, []):
            ways[edge.start].append(edge.end)
    return "; ".join(f"{start} leads to {', '.join(ends)}" for start, ends in ways.items())
