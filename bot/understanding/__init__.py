"""Free text to what it seems to be about: kinds of help, topics, places, language. It only ever chooses a screen (E-9).

Here belongs the recognition inside a sentence. Never here: crisis cues and commands (``flows.reading`` asks them first), a
sentence that a person sees, anything that leaves this process or is kept.
"""

from __future__ import annotations

from bot import codes
from bot.lexicon import Lexicon
from flows.facts import Mention, Places
from flows.kernel import Understood, Words
from flows.reading import READ_AT_MOST, fold

_LONGEST = 6
"""Words in the longest phrase that is looked for."""
#: "t" is what is left of "don't" and "won't".
_NEGATIONS = frozenset({"no", "not", "t", "nao", "n", "nunca", "never", "dont", "don", "sin", "sem", "without"})
#: Topics that are never guessed from a sentence that denies them ("no quiero que me llamen").
_NOT_WHEN_DENIED = frozenset({"person", "feedback"})


class Understanding:
    """``read`` a sentence. The first matcher: reviewed words and phrases of the catalogs, longest first."""

    def __init__(self, lexicon: Lexicon, places: Places) -> None:
        self._lexicon = lexicon
        self._places = places

    def read(self, words: Words, country: str = "") -> Understood:
        """``country`` (ISO code) narrows the places when it is known."""
        folded = fold(words.reveal())
        tokens = folded.split()
        code = codes.reading(words.reveal()[:READ_AT_MOST]) is not None
        kinds, taken = self._find(tokens, self._lexicon.kinds)
        topics, taken_too = self._find(tokens, self._lexicon.topics)
        topics = [(at, topic) for at, topic in topics if not (topic in _NOT_WHEN_DENIED and _denied(tokens, at))]
        rest = " ".join(token for at, token in enumerate(tokens) if at not in taken and at not in taken_too)
        mention = self._places.mentioned(rest, country) if rest else Mention()
        return Understood(
            kinds=_distinct(kinds),
            topics=_distinct(topics),
            mention=mention,
            lang=self.language(folded),
            code=code,
        )

    def _find(self, tokens: list[str], phrases: dict[str, str]) -> tuple[list[tuple[int, str]], set[int]]:
        """(position, meaning) of the phrases in a text, longer ones first at each position, and the positions they take."""
        found: list[tuple[int, str]] = []
        taken: set[int] = set()
        at = 0
        while at < len(tokens):
            for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
                meaning = phrases.get(" ".join(tokens[at : at + length]))
                if meaning:
                    found.append((at, meaning))
                    taken.update(range(at, at + length))
                    at += length - 1
                    break
            at += 1
        return found, taken

    def language_of(self, words: Words) -> str:
        """The language that a first message is written in, where that is plain."""
        return self.language(fold(words.reveal()))

    def language(self, folded: str) -> str:
        """The language of a text where its words tell it, else empty. A tie tells nothing."""
        tokens = set(folded.split())
        score = sorted(((len(tokens & marks), lang) for lang, marks in self._lexicon.marks.items()), reverse=True)
        return score[0][1] if score[0][0] > score[1][0] else ""


def _denied(tokens: list[str], at: int) -> bool:
    return any(token in _NEGATIONS for token in tokens[max(0, at - 3) : at])


def _distinct(found: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(meaning for _, meaning in found))
