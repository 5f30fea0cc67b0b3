"""Numbers of registrations and files that begin with letters and go on behind a blank: "VEN-TT 0038216", "REF TT 4471902".

Found behind a word for documents. Never here: a number whose letters stand next to its digits (``numbers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.identifying.numbers import DOCUMENT_WORDS
from bot.identifying.spans import Span

_DIGITS = r"\d{1,8}(?:[ -](?:[A-Za-z]{1,2}[ -]?)?\d{2,8}){0,3}(?!\w)"
_CAPITALS = re.compile(rf"(?<![\w-])(?:[A-Z]{{2,5}}[-/ ])?[A-Z]{{2,5}} {_DIGITS}")
#: In small letters only two groups with a mark between them: "ven-tt 0038216", and not "es el 0038216".
_JOINED = re.compile(rf"(?<![\w-])[a-z]{{2,5}}[-/][a-z]{{2,5}} {_DIGITS}")


def find(text: str, folded: str) -> Iterator[Span]:
    """Spans of documents; ``folded`` is ``flat(text)``."""
    for pattern, searched in ((_CAPITALS, text), (_JOINED, folded)):
        for match in pattern.finditer(searched):
            start, end = match.span()
            while word := re.match(r"[a-z]{2,5}[ :]", folded[start:end]):  # "PPT 5839271": the word is none of the letters
                if not DOCUMENT_WORDS.search(word[0]):
                    break
                start += word.end()
            told = DOCUMENT_WORDS.search(folded[max(0, start - 60) : start])
            if told and folded[start].isalpha() and sum(map(str.isdigit, folded[start:end])) >= 5:
                yield Span(start, end, "document")
