"""A state alone, a place that is denied or left behind, a name that is a person's.

Here belong what answers of these sorts come to. Never here: figures over many answers (``tests/evaluation``), names of towns
(``test_places.py``).
"""

from __future__ import annotations

import pytest

from bot.places import Gazetteer, fold
from bot.places.denials import denial
from bot.places.lands import country_named, region_names
from bot.places.persons import without_persons
from bot.places.regional import regions_said
from bot.places.sentences import marked


@pytest.fixture(scope="module")
def book() -> Gazetteer:
    return Gazetteer.load()


#: Names of states that are words, countries or thanks as well; they need the country, or a word like "departamento".
ALSO_WORDS = {"para", "cesar", "meta", "camp", "mass", "montana", "saca", "baja", "gracias a dios"}


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(
    "frame", ["{}", "en {}", "somewhere in {}", "estado de {}", "en el departamento de {}", "em algum lugar de {}"]
)
def test_every_state_gives_its_country(book: Gazetteer, frame: str) -> None:
    """Mutation: no frames; a state whose name only towns elsewhere count for; "New Jersey" as Jersey."""
    wrong = []
    for name, regions in region_names().items():
        codes = {region.country for region in regions}
        if len(name) <= 3 or name in ALSO_WORDS or country_named(name) or len(codes) > 1:
            continue
        mention = book.named(frame.format(name), *codes)
        countries = set(mention.countries) | {place.country for place in mention.places}
        if countries != codes or not mention.places:
            wrong.append((name, countries))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("in texas", "", "US"), ("florida", "US", "US"), ("florida", "", "US"), ("in upstate new york", "", "US"),
        ("washington", "US", "US"), ("wyoming", "", "US"), ("in tx", "", "US"), ("estou em sc", "", "BR"), ("no pará", "BR", "BR"),
        ("interior de são paulo", "BR", "BR"), ("state of mexico", "", "MX"), ("madre de dios peru", "", "PE"),
        ("estado bolívar", "VE", "VE"), ("goiás", "BR", "BR"), ("necesito un medico en chiapas", "", "MX"),
    ],
)  # fmt: skip
def test_a_state_alone_asks_for_the_town(book: Gazetteer, text: str, country: str, code: str) -> None:
    """Mutation: a small town of the state's name taken for it; the largest town without a question."""
    said = book.answer(text, country)
    assert (said.country, said.place, said.ask) == (code, "", True)


@pytest.mark.parametrize(
    ("text", "country", "name"),
    [("puebla", "", "Puebla"), ("santo domingo", "DO", "Santo Domingo"), ("huehue", "GT", "Huehuetenango"),
     ("san marcos", "GT", "San Marcos"), ("el paraiso", "HN", "El Paraíso")],
)  # fmt: skip
def test_a_town_stands_for_the_state_that_is_called_after_it(book: Gazetteer, text: str, country: str, name: str) -> None:
    """Mutation: asking for the town wherever a name is a state's as well."""
    said = book.answer(text, country)
    assert (said.place, said.ask) == (name, False)


@pytest.mark.parametrize(
    "text", ["en el campo", "no interior", "el estado", "somewhere in the city", "por ahi", "no estoy en guatemala"]
)
def test_words_around_a_state_are_none(book: Gazetteer, text: str) -> None:
    """Mutation: a name that is left empty; "no" of a denial taken for a Portuguese "in the"."""
    mention = book.named(text)
    assert (mention.places, mention.countries, mention.outside) == ((), (), "")


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(
    ("text", "country", "name"),
    [
        ("no en bogotá, en bucaramanga", "", "Bucaramanga"), ("not miami, houston", "", "Houston"),
        ("não em manaus, em boa vista", "", "Boa Vista"), ("ya no estoy en tijuana sino en ensenada", "", "Ensenada"),
        ("quito no, guayaquil", "", "Guayaquil"), ("houston, not dallas", "", "Houston"),
        ("it's not chicago it's milwaukee", "", "Milwaukee"), ("no tengo casa, en cali", "", "Cali"),
        ("no lima, arequipa", "", "Arequipa"), ("no rio, copacabana", "BR", "Rio de Janeiro"), ("no brás, são paulo", "", "Brás"),
        ("salimos de tenosique ayer y hoy amanecimos en palenque", "MX", "Palenque"),
        ("left brownsville, now houston", "", "Houston"), ("vim de cúcuta, parei em boa vista", "", "Boa Vista"),
        ("me mandaron a villahermosa", "", "Villahermosa"), ("paramos en nazca, venimos de lima", "", "Nazca"),
    ],
)  # fmt: skip
def test_the_place_that_is_meant(book: Gazetteer, text: str, country: str, name: str) -> None:
    """Mutation: the place that is denied, or left; a denial that reaches over a comma; a Portuguese "no" as a denial."""
    said = book.answer(text, country)
    assert (said.place, said.ask) == (name, False)


@pytest.mark.parametrize(
    ("text", "names", "meant"),
    [
        ("no en Uno, en Dos", ["uno"], "en dos"),
        ("Dos, not Uno", ["uno"], "dos"),
        ("no es Uno sino Dos", ["uno"], "dos"),
        ("me equivoqué, no es Uno, es Dos", ["uno"], "es dos"),
        ("não, em Uno não, em Dos", ["uno"], "em dos"),
    ],
)
def test_what_is_denied(text: str, names: list[str], meant: str) -> None:
    """Mutation: what is meant looked for before what is denied only; the conjunction left before it."""
    found = denial(marked(text))
    assert found is not None
    assert ([" ".join(name) for name in found.names], " ".join(found.meant)) == (names, meant)


@pytest.mark.parametrize("text", ["no en bogota", "en bogota", "no", "no tengo a donde ir con mis hijos, en cali"])
def test_nothing_is_denied_or_nothing_is_left(text: str) -> None:
    """Mutation: a denial of any length; an empty rest."""
    assert denial(marked(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "my name is Jordan",
        "me llamo Santiago",
        "soy Carolina",
        "meu nome é Vitória",
        "Carlos",
        "me gusta la lima con sal",
        "voy a la paz mental",
    ],
)
def test_persons_and_things_are_no_place(book: Gazetteer, text: str) -> None:
    """Mutation: a name behind "me llamo"; a first name for a small town; a fruit for a capital."""
    mention = book.named(text)
    assert (mention.places, mention.countries, mention.outside) == ((), (), "")


def test_a_person_and_a_place() -> None:
    """Mutation: everything behind the name taken with it; "soy de" taken for a name."""
    first = frozenset({"santiago"})
    assert " ".join(without_persons(marked("me llamo Santiago y estoy en Arica"), first)) == "y estoy en arica"
    assert " ".join(without_persons(marked("soy Santiago, en Arica"), first)) == "| en arica"
    assert " ".join(without_persons(marked("soy de Santiago"), first)) == "soy de santiago"


def test_a_first_name_is_a_town_where_it_is_one(book: Gazetteer) -> None:
    """Mutation: leaving every first name out."""
    assert book.answer("leticia").place == "Leticia" and book.answer("lorena", "BR").place == "Lorena"


@pytest.mark.parametrize(
    ("text", "country", "countries"),
    [
        ("san fernando", "VE", "VE"),
        ("san fernando", "TT", "TT"),
        ("esquipulas", "", "GT"),
        ("poa", "BR", "BR"),
        ("veracruz", "", "MX"),
    ],
)
def test_a_home_that_is_far_better_known_is_not_asked_about(book: Gazetteer, text: str, country: str, countries: str) -> None:
    """Mutation: namesakes over the sea, villages, another spelling beside a city."""
    assert [place.country for place in book.named(text, country).places] == countries.split()


@pytest.mark.parametrize(("text", "country"), [("cd hidalgo", "MX"), ("san pedro", "CL"), ("são josé", "BR"), ("san juan", "VE")])
def test_homes_that_are_about_as_well_known_are_asked_about(book: Gazetteer, text: str, country: str) -> None:
    """Mutation: an abbreviation that only one home is called by hand; a larger city whose name goes on."""
    assert len(book.named(text, country).places) > 1 and book.answer(text, country).country == country


def test_the_words_of_a_state_are_few() -> None:
    """Mutation: no bound on what is looked at."""
    assert len(list(regions_said(fold("estoy en algun lugar de " * 60).split()))) < 200
