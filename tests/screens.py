"""What stands on a telephone, read as whoever holds it reads it: "3 Llamarme" is how ``request.way.phone`` is chosen there.

Here belongs finding an option or a screen in a text, by catalog ids, so that tests speak ids and survive other words. Never here: a
test, how a message travels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from bot import gsm7
from bot.layout import clipped
from bot.wording import Wording
from flows.topics import GRAPH

OPENING = 28
"""Letters of an entry by which a screen is known."""


class NotOnScreen(LookupError):
    """There is no such option, or no such screen. The text says which, and what stood there."""


@lru_cache(maxsize=1)
def _wording() -> Wording:
    return Wording.load()


class Screens:
    """Texts of one language on SMS, as ``bot.layout`` writes them; ``button`` is for channels with buttons."""

    def __init__(self, lang: str = "es") -> None:
        self._lang, self._wording = lang, _wording()

    def entry(self, id: str) -> str:
        """An entry in the letters of an SMS, with its placeholders."""
        return gsm7.to_gsm7(self._wording.text(self._lang, id, "sms"))

    def opening(self, id: str) -> str:
        """How an entry begins, up to its first placeholder."""
        return re.split(r"[{\n]", self.entry(id))[0][:OPENING].strip()

    def button(self, option: str) -> str:
        """The label of an option's button."""
        return clipped(self._wording.text(self._lang, _label(option)))

    def digit(self, text: str, option: str) -> str:
        """What is typed to choose an option: a catalog id, or the words of a computed choice. Raises NotOnScreen."""
        label = self.entry(_label(option)) if self._is_entry(_label(option)) else gsm7.to_gsm7(option)
        found = re.search(rf"^(\d+) {re.escape(label)}$", text, re.MULTILINE)
        if found is None:
            raise NotOnScreen(f"there is no choice {option} ({label}) in: {text}")
        return found[1]

    def screen(self, text: str, among: Iterable[str]) -> str:
        """Which of these screens it is: the one whose words stand in the text, the last of them if there are several.

        Raises NotOnScreen."""
        found = [(at, name) for name in among for says in _says(name) if (at := self._at(text, says)) >= 0]
        if not found:
            raise NotOnScreen(f"this is none of these screens: {text}")
        return max(found)[1]

    def says(self, text: str, id: str) -> bool:
        """Whether an entry stands in the text, known by its opening."""
        return self._at(text, id) >= 0

    def chat_says(self, text: str, id: str) -> bool:
        """The same on channels with buttons."""
        opening = re.split(r"[{\n]", self._wording.text(self._lang, id))[0][:OPENING].strip()
        return opening in text

    def _at(self, text: str, id: str) -> int:
        opening = self.opening(id)
        return text.rfind(opening) if opening else -1

    def _is_entry(self, id: str) -> bool:
        return ("", id) in self._wording.texts[self._lang]


def _label(option: str) -> str:
    """The entry of an option's label (``flows.graph.labels``)."""
    return "nav.on" if option.endswith(".on") else option


@lru_cache(maxsize=256)
def _says(screen: str) -> tuple[str, ...]:
    """Entries that a screen may show, without those that others show too."""
    sheet = GRAPH.sheets[screen]
    return tuple(id for id in sheet.says or (screen,) if id.startswith(screen)) or tuple(sheet.says)
