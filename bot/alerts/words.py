"""What an alert says: one sentence in each language, the same for every request, filled up to one size.

Here belong reading it from ``content/<lang>/LC_MESSAGES/alerts.po`` and the size. Never here: a sentence, anything about a request.

A text is letters without accents, digits, spaces and full stops: each of them is one byte in JSON and in a form, one septet in an
SMS. So an alert has the same size on every wire whatever its language, and its size says nothing of the country.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.wording import CONTENT, ContentError, read_catalog
from flows.facts import LANGS

ROOM: Final = 64
"""Letters of every text that is sent to an account."""
CODE_DIGITS: Final = 6

_IDS: Final = ("alert.waiting", "alert.code")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 .]+\Z")


class Texts:
    """``waiting`` and ``code`` give the two texts that an account can get, each ``ROOM`` letters long."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        """``texts``: language -> id -> text. Raises ContentError for one that is missing, too long, or has other letters."""
        self._texts = {lang: dict(entries) for lang, entries in texts.items()}
        for lang in LANGS:
            for id in _IDS:
                entry = self._texts.get(lang, {}).get(id, "")
                shown = entry.replace("{code}", "0" * CODE_DIGITS)
                where = f"content/{lang}/LC_MESSAGES/alerts.po: {id}"
                if not entry:
                    raise ContentError(f"{where} is missing; write it in every language.")
                if ("{code}" in entry) is not (id == "alert.code"):
                    raise ContentError(f"{where} must name {{code}} in the text with the code, and only there.")
                if not _PLAIN.match(shown) or len(shown) > ROOM:
                    raise ContentError(
                        f"{where} may hold letters without accents, digits, spaces and full stops only, {ROOM} at most: its size "
                        "must not tell its language."
                    )

    @classmethod
    def load(cls, folder: Path = CONTENT) -> Texts:
        """Raises ContentError, which names the file."""
        return cls({lang: _read(folder / lang / "LC_MESSAGES" / "alerts.po") for lang in LANGS})

    def waiting(self, lang: str) -> str:
        """ "Something waits", in the account's language."""
        return self._entry(lang, "alert.waiting").ljust(ROOM)

    def code(self, lang: str, code: str) -> str:
        """The code by which somebody shows that they read this address."""
        return self._entry(lang, "alert.code").replace("{code}", code).ljust(ROOM)

    def _entry(self, lang: str, id: str) -> str:
        return self._texts[lang if lang in LANGS else "es"][id]


def _read(path: Path) -> dict[str, str]:
    return {id: text for (context, id), text in read_catalog(path).items() if not context}
