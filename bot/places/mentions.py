"""A place somewhere among other words.

Here belongs how specific words have to be before they count as a place. Never here: what else the sentence says about somebody
(``bot.places.sentences``).
"""

from __future__ import annotations

from bot.places.everyday import Everyday
from bot.places.geometry import is_beside
from bot.places.homes import Homes
from bot.places.inside import Inside
from bot.places.lands import country_named, outside_named, region_names
from bot.places.namesakes import CHOICES, Namesakes, mention_of
from bot.places.sizes import CITY
from bot.places.slips import Slips
from bot.places.words import BARE, BEFORE, BETWEEN, FROM, IN, LEAD, SMALL, STOPS, TO, context, trimmed
from flows.facts import Mention


class Mentions:
    """Finds the name of a place among words."""

    __slots__ = ("_everyday", "_homes", "_inside", "_namesakes", "_slips")

    def __init__(self, homes: Homes, everyday: Everyday, namesakes: Namesakes, slips: Slips, inside: Inside) -> None:
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes
        self._slips = slips
        self._inside = inside

    def find(self, words: list[str], country: str, *, answering: bool) -> Mention:
        """The best-supported name among the words; ``answering`` lowers the bar, because the text is about a place."""
        words = words[:160]
        best: tuple[tuple[int, ...], Mention] | None = None
        named: dict[str, int] = {}
        outside = ""
        start = 0
        while start < len(words):
            taken = 1
            for count in range(min(5, len(words) - start), 0, -1):
                gram = words[start : start + count]
                key = " ".join(gram)
                before, negated = context(words, start)
                code = country_named(key)
                if (code or outside_named(key)) and (len(key) > 3 or before == IN):
                    plain = len(key) > 3 and not negated and before != FROM
                    if code and not negated and (plain or before == IN):
                        named[code] = max(named.get(code, 0), 2 if before == IN else 1)
                    elif not code and plain and (before or answering):
                        outside = outside or outside_named(key)
                    taken = count
                    break
                found = self._sure(gram, before, country, answering, words[start + count : start + count + 1])
                if found is not None:
                    mention, weight = self._narrowed(words, start, count, found, country)
                    rank = (0 if negated else 1, *weight, {IN: 3, TO: 2, BARE: 1, FROM: 0}[before], count)
                    if not negated and (best is None or rank[:-1] > best[0][:-1]):
                        best = (rank, mention)
                    elif not negated and best is not None and rank[:-1] == best[0][:-1] and before == IN:
                        if len(best[1].places) == 1 < len(mention.places):
                            taken = count
                            break  # "in Cúcuta, in La Libertad": the first tells which of the others
                        # two places, equally well supported: the person is asked which
                        both = dict.fromkeys((*best[1].places[:2], *mention.places))
                        best = (best[0], Mention(places=tuple(both)[:CHOICES], outside=best[1].outside))
                    elif not negated and best is not None and rank > best[0]:
                        best = (rank, mention)
                    taken = count
                    break
            start += taken
        if best is not None:
            return best[1]
        if not named and not outside and (misspelt := self._slip(words, country)):
            return misspelt
        if outside and not named:
            return Mention(outside=outside)
        if named:
            top = max(named.values())
            return Mention(countries=tuple(code for code, rank in named.items() if rank == top))
        return Mention()

    def _sure(self, gram: list[str], before: str, country: str, answering: bool, after: list[str]) -> Mention | None:
        """The mention when these words, in that context, are specific enough to be a place; None otherwise.

        ``after``: the word behind them, if any. "a la paz mental" is no town.
        """
        key = " ".join(gram)
        if (
            (len(gram) == 1 and key in self._everyday.never)
            or self._everyday.are(gram)
            or key.isdigit()
            or (len(key) < 4 and not self._homes.by_hand(key))
        ):
            return None
        loose = gram[0] in BEFORE or gram[-1] in BETWEEN or gram[-1] in BEFORE
        if len(gram) > 1 and loose and not self._homes.known(key):
            return None
        homes = self._homes.forms(gram) if len(gram) < 3 or any(len(w) <= 3 for w in gram) else self._homes.of(key)
        if not homes:
            return None
        common = key in self._everyday.common
        known = self._homes.by_hand(key) and not common
        top = max(h.score if country in ("", h.place.country) else h.score / 10 for h in homes)
        if common and before != IN and not (before == TO and (answering or top >= 1_000_000)):
            return None
        if common and before == TO and after and not self._leads_on(after[0]):
            return None
        exact = known or self._homes.in_extract(key)
        floor = self._floor(len(gram), before, answering)
        if top < floor and not (known and before):
            return None
        if not exact and before != IN and not answering:
            return None
        places = self._namesakes.choose(homes, country)
        if not places:
            return None
        certain = top >= 100_000 and before == IN if common else (bool(before) or len(gram) > 1 or known or top >= 100_000)
        return mention_of(places, country, certain)

    @staticmethod
    def _leads_on(word: str) -> bool:
        """Whether a word behind a name begins something else, or tells where the place lies."""
        return (
            word in SMALL or word in BEFORE or word in LEAD or word in STOPS or bool(country_named(word)) or word in region_names()
        )

    @staticmethod
    def _floor(count: int, before: str, answering: bool) -> float:
        """How large a place must be for a name of ``count`` words in that context to be taken for it."""
        if before == IN:
            return 0 if count > 1 else 300
        if before == TO:
            return 500 if count > 1 else (2_000 if answering else 10_000)
        if count > 1:
            return 1_000 if answering else 5_000
        return 8_000 if answering else 50_000

    def _narrowed(self, words: list[str], start: int, count: int, found: Mention, country: str) -> tuple[Mention, tuple[int, ...]]:
        """The mention narrowed by a state or country right behind it ("san cristobal de venezuela"), and its weight."""
        gram = words[start : start + count]
        after = trimmed(words[start + count : start + count + 5], front=True)
        for length in (3, 2, 1):
            tail = after[:length]
            if len(tail) == length and (country_named(" ".join(tail)) or " ".join(tail) in region_names()):
                narrowed = self._inside.qualified([*gram, *tail], country)
                if narrowed is not None and narrowed.places:
                    return narrowed, (1,)
            if len(tail) == length and (code := outside_named(" ".join(tail))):
                return Mention(outside=code), (1,)
        if words[start + count : start + count + 1] and words[start + count] in ("de", "do", "da", "of", "en", "em", "in"):
            for length in (3, 2, 1):
                city = " ".join(after[:length])
                if (
                    len(after) < length
                    or city in self._everyday.common
                    or all(word in self._everyday.never for word in after[:length])
                ):
                    continue
                homes = [h for h in self._homes.of(city) if h.score >= CITY and country in ("", h.place.country)]
                if places := self._namesakes.choose(homes, country):
                    beside = [p for p in found.places if any(is_beside(p, other) for other in places)]
                    return (Mention(places=tuple(beside[:1])) if beside else mention_of(places, country)), (1,)
        return found, (0,)

    def _slip(self, words: list[str], country: str) -> Mention | None:
        """A misspelt town after "en", "in", "em": at most four tries, towns of 20,000 and more, never certain."""
        tries = 0
        for start in range(len(words)):
            before, negated = context(words, start)
            if before != IN or negated or words[start] in BETWEEN or tries >= 4:
                continue
            for count in (3, 2, 1):
                gram = words[start : start + count]
                key = " ".join(gram)
                if len(gram) < count or len(key) < 6 or any(w in self._everyday.never or w in self._everyday.common for w in gram):
                    continue
                if any(w in BEFORE for w in (gram[0], gram[-1])) or any(c.isdigit() for c in key):
                    continue
                tries += 1
                if found := self._slips.misspelt(gram, country, lambda home, slips: home.score >= 20_000 * (1 + slips), farthest=1):
                    return found
        return None
