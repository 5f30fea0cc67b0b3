"""Names and coordinates to places: what a person writes or shares, turned into a town, a country, or a question back.

Here belongs what the rest of the program may ask; each module says what it holds. Those further down know those further up:

- ``geometry``, ``writing``, ``spelling``, ``words``, ``sentences``, ``regional``, ``denials``, ``persons``, ``sizes`` and
  ``answers`` know no place;
- ``lands`` and ``files`` read the data, ``store`` has places by id and by coordinates, ``homes`` by name;
- ``everyday``, ``namesakes``, ``slips``, ``states``, ``inside``, ``mentions`` and ``names`` say which place is meant;
- ``replies`` says what a whole answer means, ``gazetteer`` puts all of them together.

Never here: a person's answer kept, logged or sent anywhere; a guess passed off as certain.
"""

from bot.places.answers import Answer
from bot.places.files import names_of_towns
from bot.places.gazetteer import Gazetteer
from bot.places.geometry import cell_of, country_at, km_between
from bot.places.writing import fold

__all__ = ["Answer", "Gazetteer", "cell_of", "country_at", "fold", "km_between", "names_of_towns"]
