"""A text without accents and capitals, letter for letter: what stands at 17 in it stands at 17 in the text. And the word lists."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache, lru_cache

from bot.countries import DATA


@lru_cache(maxsize=4_096)
def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.digit(letter))
    if category in ("Pd", "Sm") and letter not in "+<>=|~":
        return "-"
    if category in ("Mn", "Cf", "Zs", "Zl", "Zp"):
        return "\n" if category in ("Zl", "Zp") else " "
    base = unicodedata.normalize("NFKD", letter)[:1].lower()
    return base if len(base) == 1 else letter


def flat(text: str) -> str:
    """As long as ``text``. Digits of any script are 0 to 9, dashes of any length one dash, what cannot be seen a space."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


@cache
def lists() -> dict[str, frozenset[str]]:
    """The words of ``data/identifying.toml``: section -> words as ``flat`` writes them (``known``: all names)."""
    sections = tomllib.loads((DATA / "identifying.toml").read_text("utf-8"))
    found = {name: frozenset(flat(word) for line in lines.values() for word in line.split()) for name, lines in sections.items()}
    return {**found, "known": found["given"] | found["family_names"]}
