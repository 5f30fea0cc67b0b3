"""The gazetteer: what a person writes or shares, turned into a town, a country, or a question back.

Here belongs how the parts of this package are put together, and what others may ask of them. Everything is a pure look-up in
memory. Never here: a look-up itself.
"""

from __future__ import annotations

from pathlib import Path

from bot.countries import DATA
from bot.places.answers import Answer, answered
from bot.places.everyday import Everyday
from bot.places.files import ByHand, blocks, first_names, words_by_hand
from bot.places.homes import Homes
from bot.places.inside import Inside
from bot.places.lands import country_near, region_names
from bot.places.mentions import Mentions
from bot.places.names import Names
from bot.places.namesakes import Namesakes
from bot.places.replies import Replies
from bot.places.slips import Slips
from bot.places.states import States
from bot.places.store import Store
from bot.places.writing import fold
from flows.facts import Area, Mention, Place


class Gazetteer:
    """The places of the fourteen countries by name and by coordinates. Implements ``flows.facts.Places``."""

    __slots__ = ("_mentions", "_replies", "homes", "namesakes", "store")

    def __init__(self, folder: Path = DATA) -> None:
        """Read what ``folder`` has about places: the extract, and what is kept by hand beside it."""
        read = blocks(folder / "places.tsv.gz")
        by_id = {row[: row.index("\t")]: number for number, row in enumerate(read["places"])}
        by_hand = ByHand(folder, by_id)
        self.store = Store(read, by_id, by_hand)
        self.homes = Homes(read["keys"], self.store, by_hand)
        everyday = Everyday(words_by_hand(folder), first_names(folder), self.homes)
        self.namesakes = Namesakes(self.store, self.homes, everyday)
        slips = Slips(self.homes, everyday, self.namesakes)
        states = States(self.store, self.homes, everyday, self.namesakes)
        inside = Inside(self.homes, everyday, self.namesakes, slips, states)
        self._mentions = Mentions(self.homes, everyday, self.namesakes, slips, inside)
        names = Names(self.homes, everyday, self.namesakes, slips, inside, states, self._mentions)
        self._replies = Replies(self.homes, everyday, self.namesakes, names, states, self._mentions)
        country_near("")
        region_names()  # read now, not in somebody's turn

    @classmethod
    def load(cls) -> Gazetteer:
        """The gazetteer of ``data/``."""
        return cls()

    def get(self, place_id: int) -> Place | None:
        """The place with that id, or None: a session may hold an id that a newer gazetteer no longer has."""
        return self.store.get(place_id)

    def at(self, lat: float, lon: float) -> Area:
        """Which covered countries a point may lie in, and the nearest place in each; see ``Store.at``."""
        return self.store.at(lat, lon)

    def named(self, text: str, country: str = "") -> Mention:
        """The whole ``text`` answers "where are you?". ``country`` narrows it when it is known; what the text says wins.

        Country names give countries; a state alone gives its largest towns to choose from; an inexact match is not
        ``certain``. Nothing that looks like a place gives an empty mention.
        """
        return self._replies.read(text, country)

    def answer(self, text: str, country: str = "") -> Answer:
        """The whole ``text`` answers "where are you?", as one place, one country, or a question back."""
        return answered(self.named(text, country))

    def mentioned(self, text: str, country: str = "") -> Mention:
        """A place somewhere inside a longer sentence, such as "doctor en tapachula". Prefers no answer to a wrong one."""
        return self._mentions.find(self._replies.thankless(fold(text).split(), country), country, answering=False)
