"""``make evaluate``: the figures of both halves, what went wrong in the development half, and the turns that it takes.

``--write`` also writes docs/evaluation.md. What went wrong in the test half is not shown, so that nothing is mended after it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flows.facts import LANGS
from tests.evaluation.sentences import Figures, figures, sentences, share, together
from tests.evaluation.stories import told
from tests.evaluation.turns import middle

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"
NAMES = {"es": "Spanish", "en": "English", "pt": "Portuguese"}


def percent(answers: list[bool]) -> str:
    return f"{100 * share(answers):.1f} % of {len(answers)}"


def table(half: str, found: Figures) -> list[str]:
    lines = [f"| {half} half | " + " | ".join(NAMES[lang] for lang in LANGS) + " | together |", "|---" * 5 + "|"]
    for name, by_lang in (
        ("first intent acceptable", found.first),
        ("language told", found.language),
        ("danger: a card", found.danger),
    ):
        rows = " | ".join(percent(by_lang.get(lang, [])) for lang in LANGS)
        lines.append(f"| {name} | {rows} | {percent(together(by_lang))} |")
    lines.append(f"| card of the right class | | | | {percent(found.card)} |")
    lines.append(f"| ordinary: a card all the same | | | | {percent(found.ordinary)} |")
    lines.append(f"| only sounds urgent: a card | | | | {percent(found.alike)} |")
    return lines


def confusion(found: Figures) -> list[str]:
    rows = [
        f"| {want} | {got} | {count} |" for (want, got), count in sorted(found.confused.items(), key=lambda one: (-one[1], one[0]))
    ]
    return ["| meant | taken for | times |", "|---|---|---|", *rows]


def page() -> str:
    """The page of figures."""
    lines = [
        "# How well Faro understands",
        "",
        f"Measured by `make evaluate` on {len(sentences())} sentences (`tests/evaluation/`). Those of the test half were written",
        "apart, without a look at the examples or the lists, and were counted without being looked at. Limits were",
        "chosen by the development half, whose sentences nobody learned from either. What CI holds: `test_figures.py`.",
        "",
        *table("test", figures("test")),
        "",
        *table("development", figures("development")),
        "",
        "What the test half was taken for where the first intent was not acceptable:",
        "",
        *confusion(figures("test")),
        "",
        "From the first sentence to an answer (median, test half):",
        "",
        "| | turns | SMS segments | got an answer within eight turns |",
        "|---|---|---|---|",
    ]
    for channel, walks in told(sentences("test")).items():
        turns, segments, answered = middle(walks)
        lines.append(f"| {channel} | {turns:g} | {f'{segments:g}' if channel == 'sms' else ''} | {100 * answered:.1f} % |")
    return "\n".join(lines) + "\n"


def main() -> None:
    text = page()
    print(text)
    print("What went wrong in the development half:\n")
    for line in figures("development").wrong:
        print(f"  {line}")
    if "--write" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
