"""Which of our languages a browser prefers, for pages that nobody has chosen a language on yet.

Never here: the language of a conversation (``bot.conversation``), of an account (``bot.staff``).
"""

from __future__ import annotations

from flows.facts import LANGS, Lang


def language_of(header: str) -> Lang:
    """The first of our languages that a browser accepts; Spanish where it names none."""
    wished: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.lower()[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        wished.append((-quality, place, tag.split("-")[0]))
    named = [tag for quality, _, tag in sorted(wished) if quality < 0]
    return next((lang for tag in named for lang in LANGS if lang == tag), "es")
