"""Shows a topic as a readable script, or the map of all screens as a picture, derived from the tables themselves.

Here belong the two writers. Never here: a word of its own that a person on the move would see.
"""

from __future__ import annotations

from html import escape

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

_WIDE, _HIGH, _GAP, _ROW, _TOP = 190, 34, 70, 64, 84


def drawn(graph: Graph) -> str:
    """The map of all screens as SVG: a column a topic, an arrow for each way on. Words and places from anywhere are not drawn."""
    spot: dict[str, tuple[int, int]] = {}
    for column, flow in enumerate(graph.flows):
        for row, sheet in enumerate(flow.sheets):
            spot[sheet] = (30 + column * (_WIDE + _GAP), _TOP + row * _ROW)
    wide = 30 + len(graph.flows) * (_WIDE + _GAP)
    high = _TOP + max(len(flow.sheets) for flow in graph.flows) * _ROW + 20
    seen = dict.fromkeys((edge.start, edge.end) for edge in edges(graph) if edge.start != edge.end)
    paths = "\n".join(_arrow(spot[start], spot[end]) for start, end in seen)
    boxes = "\n".join(_box(id, *place) for id, place in spot.items())
    heads = "\n".join(
        f'<text class="topic" x="{30 + column * (_WIDE + _GAP)}" y="52">{escape(flow.name)}</text>'
        for column, flow in enumerate(graph.flows)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img">
<title>Map of all screens</title>
<desc>{escape(_told(graph))}</desc>
<style>
rect {{ fill: #fbf8f2; stroke: #14525a; stroke-width: 1.2 }} text {{ font: 14px system-ui, sans-serif; fill: #22211f }}
.topic {{ font-size: 20px; font-weight: 600; fill: #14525a }}
path {{ fill: none; stroke: #14525a; stroke-opacity: .38; stroke-width: 1.3 }}
svg {{ background: #fff }}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
<path d="M0 0 8 4 0 8z" style="fill:#14525a;stroke:none;fill-opacity:.6"/></marker></defs>
<rect x="0" y="0" width="{wide}" height="{high}" style="fill:#fff;stroke:none"/>
{heads}
{paths}
{boxes}
</svg>
"""


def _box(id: str, x: int, y: int) -> str:
    name = escape(id.split(".", 1)[1])
    return f'<rect x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="6"/><text x="{x + 12}" y="{y + 22}">{name}</text>'


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    (ax, ay), (bx, by) = start, end
    middle_a, middle_b = ay + _HIGH / 2, by + _HIGH / 2
    if ax == bx:  # within a topic: round the right side
        bow = 18 + min(abs(by - ay) / 14, 34)
        side = ax + _WIDE
        d = f"M{side} {middle_a} C{side + bow} {middle_a} {side + bow} {middle_b} {side} {middle_b}"
    elif bx > ax:
        d = f"M{ax + _WIDE} {middle_a} C{ax + _WIDE + _GAP} {middle_a} {bx - _GAP} {middle_b} {bx} {middle_b}"
    else:
        d = f"M{ax} {middle_a} C{ax - _GAP} {middle_a} {bx + _WIDE + _GAP} {middle_b} {bx + _WIDE} {middle_b}"
    return f'<path d="{d}" marker-end="url(#tip)"/>'


def _told(graph: Graph) -> str:
    """The same map in words, for those who do not see the picture."""
    ways: dict[str, list[str]] = {}
    edge: Edge
    for edge in edges(graph):
        if edge.end not in ways.setdefault(edge.start, []):
            ways[edge.start].append(edge.end)
    return "; ".join(f"{start} leads to {', '.join(ends)}" for start, ends in ways.items())
