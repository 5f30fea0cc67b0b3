"""What a mention comes to where only one answer has room: one place, one country, or a question back.

Here belongs the rule for it, which the command line and the evaluation ask. Never here: how names are found (``bot.places.names``).
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from flows.facts import Mention


class Answer(NamedTuple):
    """Where somebody says they are. Nothing found: all of it empty."""

    country: str = ""
    """ISO code of one of the fourteen, where it is plain."""
    place: str = ""
    lat: float | None = None
    """Degrees (WGS 84); with ``lon`` None where no single place is meant."""
    lon: float | None = None
    ask: bool = False
    """One has to ask back: several places are alike, or the one that is given is not sure."""
    outside: str = ""
    """ISO code of a named country that is not covered."""


def unsure(mention: Mention) -> Mention:
    """The same, to be confirmed first."""
    return replace(mention, certain=False, likely=False)


def answered(mention: Mention) -> Answer:
    """A mention as one answer. Several homes of one name are a question, never the first of them."""
    countries = mention.countries or tuple(dict.fromkeys(place.country for place in mention.places))
    country = countries[0] if len(countries) == 1 else ""
    if len(mention.places) == 1:
        place = mention.places[0]
        return Answer(place.country, place.name, place.lat, place.lon, ask=not (mention.certain or mention.likely))
    if mention.places or len(countries) > 1:
        return Answer(country, ask=True)
    return Answer(country, outside="" if country else mention.outside)
