"""The whole of an answer to "where are you?".

Here belongs which part of it is asked for a place, and what the rest of it tells about that place. Never here: the words that
people use for being somewhere (``bot.places.sentences``), names (``bot.places.names``).
"""

from __future__ import annotations

from bot.countries import usual_language
from bot.places.answers import unsure
from bot.places.denials import affirmed, denial
from bot.places.everyday import Everyday
from bot.places.geometry import is_beside, is_near
from bot.places.homes import Homes
from bot.places.lands import country_named, outside_named, region_names, within_state
from bot.places.mentions import Mentions
from bot.places.names import Names
from bot.places.namesakes import Namesakes
from bot.places.persons import without_persons
from bot.places.regional import regions_said
from bot.places.sentences import (
    between,
    cut,
    headed,
    marked,
    names_border,
    names_landmark,
    neighbour,
    pieces,
    plain,
    spoken,
    tailed,
    tells_liking,
    with_los_angeles,
    without_blessings,
    without_neighbour,
)
from bot.places.sentences import read as read_sentence
from bot.places.sizes import CITY, LARGE, TOWN
from bot.places.states import States
from bot.places.words import ARTICLES, BEFORE, BETWEEN, IN, LEAD, NEGATIONS, SMALL, VAGUE, context, trimmed
from bot.places.writing import fold
from flows.facts import Mention


class Replies:
    """What answers mean."""

    __slots__ = ("_everyday", "_homes", "_mentions", "_names", "_namesakes", "_states")

    def __init__(
        self, homes: Homes, everyday: Everyday, namesakes: Namesakes, names: Names, states: States, mentions: Mentions
    ) -> None:
        self._states = states
        self._homes = homes
        self._everyday = everyday
        self._namesakes = namesakes
        self._names = names
        self._mentions = mentions

    def read(self, text: str, country: str) -> Mention:
        """What ``text`` means as a whole; see ``Gazetteer.named``."""
        return self._told(self._read(text, country), text)

    def _read(self, text: str, country: str) -> Mention:
        """The same, before the language of the answer says anything."""
        said = without_persons(self.thankless(marked(text), country), self._everyday.persons)
        if all(word.isdigit() for word in plain(said)) or tells_liking(said):
            return Mention()
        if found := self._state(self.thankless(fold(text).split(), country), country):
            return found
        if found := self._corrected(said, country):
            return found
        found = self._said(said, country)
        if found == Mention():
            found = self._affirmed(said, country)
        return found

    def _affirmed(self, said: list[str], country: str) -> Mention:
        """What the clauses say in which nothing is denied, and a state among other words: "no tengo casa, en Cali"."""
        rest = affirmed(said)
        if rest and rest != said and (found := self._said(rest, country)) != Mention():
            return found
        words = plain(rest)
        for start in range(1, len(words)):
            if context(words, start)[0] != IN:
                continue
            for count in (4, 3, 2, 1):
                gram = words[start : start + count]
                key = " ".join(gram)
                states = self._states.called(key, country) if len(gram) == count and len(key) > 3 else []
                if states and key not in self._everyday.common and not self._everyday.are(gram):
                    return self._states.alone(key, states, country)
        return Mention()

    def _said(self, said: list[str], country: str) -> Mention:
        """What words mean in which no place is denied."""
        if country == "US":
            said = with_los_angeles(said)
        words = without_neighbour(said)
        if found := self._at_border(words, neighbour(said), country):
            return found
        sentence = read_sentence(words)
        for following in sentence.here:
            if found := self._here(following, country):
                return found
        if not sentence.here and (found := self._headed(words, country)):
            return found
        ends = between(words)
        if not any(ends):
            ends = (sentence.left, sentence.going)
        if not sentence.here and any(ends):
            left, going = (self._here(part, country, lead="a") if part else None for part in ends)
            if left and going and left.places and going.places:
                both = dict.fromkeys((*going.places[:2], *left.places[:2]))
                return Mention(places=tuple(both), certain=False)
            if found := going or left:
                # The country that somebody comes from says nothing about where they are; where they go may be what they ask about.
                return unsure(found) if found.places or going else Mention()
        if sentence.denied and not sentence.here:
            return self._mentions.find(plain(words), country, answering=True)
        words = plain(words)
        if not words or (self._everyday.person(words, country) and not country_named(words[0])):
            return Mention()
        if len(words) <= 9:
            found = self._names.meaning(words, country)
            if found is not None:
                return found
            start = next((i for i, word in enumerate(words) if word not in LEAD and word not in ARTICLES), len(words))
            while start and words[start - 1] in ARTICLES and self._with_article(" ".join(words[start - 1 :])):
                start -= 1
            if 0 < start < len(words) and not self._everyday.single(words[start:]) and not NEGATIONS & set(words[: start - 1]):
                said_where = (
                    words[start - 1] in BEFORE
                    or words[start - 1] in ARTICLES
                    or " ".join(words[start:]) not in self._everyday.common
                )
                found = self._names.meaning(words[start:], country) if said_where else None
                if found is not None:
                    # "in the temple", "na loja": hardly a town
                    return (
                        unsure(found) if words[start - 1] in VAGUE and " ".join(words[start:]) in self._everyday.common else found
                    )
        return self._mentions.find(words, country, answering=True)

    def thankless(self, words: list[str], country: str) -> list[str]:
        """Without thanks to God, unless they are the name of a place in the known country, and the whole text."""
        key = " ".join(words)
        if country and any(region.country == country for region in region_names().get(key, ())):
            return words
        if country and any(home.place.country == country for home in self._homes.of(key)):
            return words
        return without_blessings(words)

    def _corrected(self, said: list[str], country: str) -> Mention | None:
        """What is meant where another place is denied: "no en Bogotá, en Bucaramanga"; None where none is."""
        denied = denial(said)
        if denied is None:
            return None
        found = self._state(denied.meant, country) or self._said(denied.meant, country)
        if not (found.places or found.countries or found.outside):
            return None
        if denied.doubtful:
            others = [self._names.meaning(name, country) for name in denied.names]
            if not all(others):
                return None  # "no tengo casa, en Cali"
            elsewhere = {place.country for other in others if other for place in other.places}
            if "no" in said and (country == "BR" or spoken(said) == "BR" or elsewhere == {"BR"}):
                return None  # Portuguese: "no Rio, Copacabana"
            if not found.places and elsewhere & set(found.countries):
                return None  # "Quito no, Ecuador"
        return found

    def _state(self, words: list[str], country: str) -> Mention | None:
        """What a text means that is a state, department or province and words around it; None for anything else."""
        rest, named = self._states.country_of(words)
        for own, code in ((words, ""), (rest, named)) if named else ((words, ""),):
            likely = code or country or spoken(words)
            for said in regions_said(own):
                states = self._states.called(said.name, likely)
                states = [state for state in states if code in ("", state.country)]
                states = [state for state in states if state.country in said.countries] or states
                if not states:
                    continue
                if said.wide:
                    return self._states.towns(states)
                if code or len(said.name) <= 3:
                    return self._states.alone(said.name, states, likely)
                if found := self._names.meaning(said.name.split(), country):
                    return found
                if self._states.plain(said.name.split(), states, likely, led=said.led):
                    return self._states.alone(said.name, states, likely)
        return None

    def _at_border(self, words: list[str], beyond: list[str], country: str) -> Mention | None:
        """A town of several that are called so, told by what lies across the border: "san antonio, border with cucuta"."""
        if not beyond:
            return None
        own = [word for word in plain(words) if word not in BEFORE and word not in BETWEEN]
        if code := country_named(" ".join(own)):
            return Mention(countries=(code,))
        across = [home.place for home in self._homes.of(" ".join(beyond)) if home.score >= TOWN]
        near = [h for h in self._homes.of(" ".join(own)) if any(is_near(h.place, place) for place in across)]
        places = self._namesakes.choose(near, country)
        return Mention(places=places) if len(places) == 1 else None

    def _headed(self, words: list[str], country: str) -> Mention | None:
        """What an answer means that has the place at its beginning or end, and else where in it, or where to."""
        parts = headed(words) or tailed(words)
        if (
            parts is None
            or len(parts.place) > 5
            or self._everyday.are(parts.place)
            or self._namesakes.exactly(plain(words), country)
        ):
            return None
        found = self._names.meaning(parts.place, country)
        if found is None or not (found.certain or found.likely or len(found.places) > 1):
            return None
        if parts.moving:
            return found
        ends = parts.place == words[-len(parts.place) :]
        if ends and not (found.certain and len(found.places) == 1 and found.places[0].population >= CITY):
            return None
        more = trimmed([word for word in plain(parts.more) if word not in SMALL], front=True)
        key = " ".join(more)
        if names_border(parts.more) and found.places and (code := country_named(key) or outside_named(key)):
            return found if all(place.country != code for place in found.places) else None
        there = tuple(p for p in found.places if any(within_state(p, region) for region in region_names().get(key, ())))
        if there:
            return Mention(places=there)
        if not found.places or found.countries or country_named(key) or outside_named(key) or key in region_names():
            return None
        for count in range(min(5, len(more)), 0, -1):
            for start in range(len(more) - count + 1):
                gram = more[start : start + count]
                if count == 1 and (gram[0] in self._everyday.never or len(gram[0]) < 4):
                    continue
                homes = [h for h in self._homes.forms(gram) if h.score and any(is_near(h.place, place) for place in found.places)]
                if places := self._namesakes.choose(
                    [h for h in homes if any(is_beside(h.place, p) for p in found.places)], country
                ):
                    return Mention(places=places[:1])
                if across := next((p for p in found.places if any(is_near(h.place, p) for h in homes)), None):
                    return Mention(places=(across,))
        if names_landmark(parts.more) or (ends and " ".join(plain(parts.more)[1:2]) in SMALL):
            return found
        other = self._mentions.find(["en", *plain(parts.more)], country, answering=True)
        return None if other.places or other.countries or other.outside else found

    def _here(self, words: list[str], country: str, lead: str = "en") -> Mention | None:
        """What stands behind "I am in"; None for no place. ``lead``: the word that stands before it, or one like it."""
        for piece in pieces(words):
            while piece and piece[0] in ARTICLES and not self._with_article(" ".join(piece)):
                piece = piece[1:]
            if piece and len(piece) <= 9 and not self._everyday.single(piece) and (found := self._names.meaning(piece, country)):
                if found.places or found.outside or len(piece) == len(plain(words)):
                    return found
                break
        for part in (cut(words), words):
            if (found := self._mentions.find([lead, *plain(part)], country, answering=True)) != Mention() and (
                found.places or part is words
            ):
                return found
        return None

    def _told(self, found: Mention, text: str) -> Mention:
        """Of homes in several countries the one that the language of the answer points to, where it is a large one."""
        if len(found.countries) > 1 and not found.places and spoken(fold(text).split()) == "US":
            english = [code for code in found.countries if usual_language(code) == "en"]
            return Mention(countries=tuple(english[:1])) if english[:1] == list(found.countries[:1]) else found
        if len({place.country for place in found.places}) < 2:
            return found
        country, top = spoken(fold(text).split()), max(found.places, key=lambda place: place.population)
        rest = [place.population for place in found.places if place is not top]
        if country == top.country and top.population >= LARGE and top.population >= 5 * max(rest):
            return Mention(places=(top,), certain=found.certain)
        return found

    def _with_article(self, key: str) -> bool:
        """Whether a name that begins with an article is known just so."""
        return self._homes.by_hand(key) or bool(outside_named(key))
