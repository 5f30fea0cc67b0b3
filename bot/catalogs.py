"""The catalogs as a whole: what is missing, empty, or differs between languages; adding the ids that a new screen needs.

Here belongs what can be said about the catalogs without a conversation; the finer checks of wording are tests in
``tests/content``. Never here: a sentence for people on the move.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.channels import simulator
from bot.wording import CONTENT, Wording, placeholders
from flows.facts import LANGS
from flows.graph import texts, typed
from flows.topics import GRAPH

PROFILE = (
    "profile.name",
    "profile.short",
    "profile.description",
    *(f"profile.command.{name}" for name in ("start", "menu", "language", "exit")),
)


def needed() -> list[str]:
    """Every catalog id that the program may ask for, in order."""
    return [*texts(GRAPH), *typed(GRAPH), *PROFILE, *simulator.IDS]


def faults(wording: Wording) -> list[str]:
    """Sentences about what is missing, left over, or differs between languages."""
    return list(_faults(wording))


def _faults(wording: Wording) -> Iterator[str]:
    ids = needed()
    for lang in LANGS:
        entries = wording.texts[lang]
        have = set(wording.ids(lang))
        for id in ids:
            if id not in have:
                yield f"content/{lang}: the entry {id} is missing; run python -m bot check --write and write its text."
        for id in sorted(have - set(ids)):
            yield f"content/{lang}: nothing uses the entry {id}; remove it."
        for context, id in entries:
            if context and id not in have:
                yield f"content/{lang}: {id} has a short form but no full one."
            if ("", id) in wording.texts["es"]:
                full = placeholders(wording.texts["es"]["", id])
                if not context and placeholders(entries[context, id]) != full:
                    yield f"content/{lang}: {id} must hold the same {{placeholders}} as in es: {', '.join(sorted(full)) or 'none'}."
                if context and not placeholders(entries[context, id]) <= full:
                    yield f"content/{lang}: the short form of {id} uses a placeholder that does not exist."


def write_missing(folder: Path = CONTENT) -> Iterator[str]:
    """Add missing ids to the catalogs as empty entries, which a person then writes. Yields what was added."""
    for lang in LANGS:
        path = folder / lang / "LC_MESSAGES" / "messages.po"
        text = path.read_text(encoding="utf-8")
        missing = [id for id in dict.fromkeys(needed()) if f'msgid "{id}"\n' not in text]
        if missing:
            path.write_text(text + "".join(f'\nmsgid "{id}"\nmsgstr ""\n' for id in missing), encoding="utf-8")
        yield f"content/{lang}: {len(missing)} added" + (f": {', '.join(missing)}" if missing else "")
