"""Places: which country a point lies in, what is near it, and what a typed name may mean."""

from __future__ import annotations

import gzip
import math
import random
import time
import tomllib
from pathlib import Path

import msgspec
import phonenumbers
import pytest
import tzfpy

from bot.countries import country_of_prefix, neighbours, usual_language
from bot.places import Gazetteer, country_at, km_between
from bot.places.geometry import territories
from bot.places.homes import Home
from bot.places.lands import region_names, regions
from bot.places.sizes import FIRST_TOWN
from bot.places.spelling import slips, sound
from bot.places.writing import ABBREVIATIONS, fold, one_edit, respaced, sounds_like
from flows.facts import COUNTRIES, LANGS, Mention

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def book() -> Gazetteer:
    return Gazetteer.load()


# --- coordinates


def test_every_zone_maps_to_a_country() -> None:
    """Mutation: dropping the zones that Babel lacks (Coyhaique would be nowhere)."""
    known = territories()
    assert [z for z in tzfpy.timezonenames() if z not in known and not z.startswith("Etc/")] == []
    assert known["America/Coyhaique"] == "CL"
    assert all(len(code) == 2 and code != "ZZ" for code in known.values())


def test_impossible_and_ocean_points_have_no_country(book: Gazetteer) -> None:
    """Mutation: passing what a phone sends straight to the polygons."""
    for lat, lon in ((math.nan, 0), (0, math.nan), (91, 0), (0, 181), (math.inf, 0), (0, -140), (-14.9, -92.26)):
        assert country_at(lat, lon) == ""
        area = book.at(lat, lon)
        assert (area.countries, area.places, area.outside) == ((), {}, "")


#: What, latitude, longitude, country that it lies in, all covered countries within 5 km.
POINTS = [
    ("La Parada", 7.816, -72.455, "CO", {"CO", "VE"}),
    ("Villa del Rosario", 7.834, -72.474, "CO", {"CO", "VE"}),
    ("Ureña", 7.918, -72.446, "VE", {"CO", "VE"}),
    ("San Antonio del Táchira", 7.814, -72.443, "VE", {"CO", "VE"}),
    ("Paraguachón, Colombian side", 11.361, -72.142, "CO", {"CO", "VE"}),
    ("Leticia", -4.215, -69.941, "CO", {"CO", "BR", "PE"}),
    ("Tabatinga", -4.243, -69.938, "BR", {"CO", "BR", "PE"}),
    ("Santa Rosa de Yavarí", -4.222, -69.958, "PE", {"CO", "BR", "PE"}),
    ("Talismán", 14.968, -92.152, "MX", {"MX", "GT"}),
    ("El Carmen", 14.962, -92.138, "GT", {"MX", "GT"}),
    ("Ciudad Hidalgo", 14.679, -92.150, "MX", {"MX", "GT"}),
    ("Tecún Umán", 14.676, -92.139, "GT", {"MX", "GT"}),
    ("El Paso", 31.760, -106.487, "US", {"US", "MX"}),
    ("Ciudad Juárez", 31.738, -106.485, "MX", {"US", "MX"}),
    ("Brownsville", 25.903, -97.497, "US", {"US", "MX"}),
    ("Matamoros", 25.880, -97.504, "MX", {"US", "MX"}),
    ("Eagle Pass", 28.709, -100.499, "US", {"US", "MX"}),
    ("Piedras Negras", 28.700, -100.523, "MX", {"US", "MX"}),
    ("San Ysidro", 32.552, -117.043, "US", {"US", "MX"}),
    ("Huaquillas", -3.476, -80.231, "EC", {"EC", "PE"}),
    ("Aguas Verdes", -3.481, -80.245, "PE", {"EC", "PE"}),
    ("Rumichaca, Colombian side", 0.822, -77.661, "CO", {"CO", "EC"}),
    ("Pacaraima", 4.479, -61.148, "BR", {"BR", "VE"}),
    ("Assis Brasil", -10.941, -69.567, "BR", {"BR", "PE"}),
    ("Iñapari", -10.953, -69.577, "PE", {"BR", "PE"}),
    ("Chacalluta", -18.317, -70.315, "CL", {"CL", "PE"}),
    ("Colchane", -19.277, -68.639, "CL", {"CL"}),
    ("Agua Caliente", 14.456, -89.312, "HN", {"HN", "GT", "SV"}),
    ("El Poy", 14.372, -89.205, "SV", {"SV", "HN"}),
    ("El Amatillo", 13.597, -87.764, "HN", {"HN", "SV"}),
    ("Dajabón", 19.549, -71.708, "DO", {"DO"}),
    ("Chuí", -33.691, -53.457, "BR", {"BR"}),
    ("Paso Canoas", 8.533, -82.845, "CR", {"CR"}),
    ("Coyhaique", -45.571, -72.068, "CL", {"CL"}),
    ("Icacos", 10.058, -61.898, "TT", {"TT"}),
    ("Bogotá", 4.65, -74.08, "CO", {"CO"}),
    ("Caracas", 10.49, -66.88, "VE", {"VE"}),
]


@pytest.mark.requirement("S-8")
@pytest.mark.parametrize(("what", "lat", "lon", "country", "near"), POINTS, ids=[p[0] for p in POINTS])
def test_a_point_near_a_border_names_both_sides(
    book: Gazetteer, what: str, lat: float, lon: float, country: str, near: set[str]
) -> None:
    """Mutation: deciding by the polygon alone, without the ring, or dropping the point's own country."""
    area = book.at(lat, lon)
    assert country_at(lat, lon) == country
    assert set(area.countries) == near
    assert set(area.places) == near
    assert all(area.places[code].country == code for code in near)
    km = [km_between(lat, lon, area.places[c].lat, area.places[c].lon) for c in area.countries]
    assert km == sorted(km), "the country of the nearest place comes first"
    assert area.outside == ""


@pytest.mark.requirement("S-8")
def test_a_point_is_not_shown_by_its_area(book: Gazetteer) -> None:
    """Mutation: the generated repr, which would write coordinates into a log line or a traceback."""
    area = book.at(7.816123, -72.455456)
    assert "7.81" not in repr(area) and "72.45" not in str(area)
    assert (area.lat, area.lon) == (7.816123, -72.455456)


def test_points_outside_say_which_country(book: Gazetteer) -> None:
    """Mutation: taking the nearest covered town for a person in the Darién."""
    for lat, lon, code in (
        (8.98, -79.52, "PA"),
        (8.26, -77.60, "PA"),
        (12.11, -86.24, "NI"),
        (18.54, -72.34, "HT"),
        (-16.5, -68.15, "BO"),
        (6.80, -58.16, "GY"),
        (40.4, -3.7, "ES"),
        (43.65, -79.38, "CA"),
        (18.40, -66.06, "PR"),
    ):
        area = book.at(lat, lon)
        assert (area.outside, area.countries, area.places) == (code, (), {})
    across = book.at(8.530, -82.830)  # Panama's half of Paso Canoas
    assert across.outside == "PA" and across.countries == ("CR",)


def test_the_nearest_place_is_exact(book: Gazetteer) -> None:
    """Mutation: stopping at the first ring of cells that has a place."""
    rows = [book.store.place(i) for i in range(0, len(book.store.rows))] + list(book.store.posts.values())
    chance = random.Random(7)
    for _ in range(25):
        lat, lon = chance.uniform(-54, 48), chance.uniform(-116, -36)
        for code in chance.sample(COUNTRIES, 2):
            own = [p for p in rows if p.country == code]
            expected = min(km_between(lat, lon, p.lat, p.lon) for p in own)
            (km, place) = book.store.nearest(lat, lon, code)[0]
            assert math.isclose(km, expected, abs_tol=1e-6), (lat, lon, code, place)


# --- hand-kept data


def test_border_posts_lie_where_they_say() -> None:
    """Mutation: a post's coordinates on the wrong bank of the river."""
    posts = tomllib.loads((DATA / "border_posts.toml").read_text("utf-8"))["post"]
    assert [p["id"] for p in posts] == sorted({p["id"] for p in posts}, reverse=True)
    assert [(p["name"], country_at(p["lat"], p["lon"])) for p in posts] == [(p["name"], p["country"]) for p in posts]


def test_the_extract_carries_its_attribution_and_is_sorted(book: Gazetteer) -> None:
    """Mutation: an unsorted list of names (prefixes would be missed), a file without GeoNames' line."""
    text = gzip.decompress((DATA / "places.tsv.gz").read_bytes()).decode()
    assert "GeoNames" in text.partition("\n")[0] and "CC BY 4.0" in text.partition("\n")[0]
    assert book.homes.names == sorted(book.homes.names)
    assert all(key == fold(key) for key in book.homes.names[::50])
    assert {row.split("\t")[2] for row in book.store.rows} == set(COUNTRIES)
    assert (DATA / "places.tsv.gz").stat().st_size < 1_500_000


def test_every_place_has_a_region_and_comes_back_by_its_id(book: Gazetteer) -> None:
    """Mutation: a region code that regions.toml lacks (homonyms could not be told apart)."""
    chance = random.Random(3)
    for number in chance.sample(range(len(book.store.rows)), 2_000):
        place = book.store.place(number)
        assert place.region or place.country in ("PE", "VE", "TT")
        assert book.get(place.id) == place
    assert sum(not book.store.place(n).region for n in range(0, len(book.store.rows), 7)) < 10
    assert book.get(-1) is not None and book.get(0) is None and book.get(-9999) is None


def test_countries_are_complete() -> None:
    """Mutation: a country without a language or with a neighbour outside the network."""
    for code in COUNTRIES:
        assert usual_language(code) in LANGS
        assert neighbours(code) and set(neighbours(code)) <= set(COUNTRIES) - {code}
        assert regions()[code]
    assert usual_language("PA") is None and neighbours("PA") == ()
    assert {r.country for r in region_names()["amazonas"]} == {"BR", "CO", "PE", "VE"}


@pytest.mark.requirement("S-1")
def test_prefixes_agree_with_libphonenumber() -> None:
    """Mutation: taking every +1 for the United States (Canada, Jamaica, Puerto Rico)."""
    for area in range(200, 1000):
        for rest in ("2345678", "5552345"):
            region = phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{area}{rest}"))
            if region and region != "001":
                assert country_of_prefix(f"+1{area}{rest}") == (region if region in COUNTRIES else ""), area
    for code in COUNTRIES:
        example = phonenumbers.example_number(code)
        assert example is not None
        number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        assert country_of_prefix(number) == code
    for other in ("+5071234567", "+50581234567", "+34911234567", "", "+", "hello", "+1", "+13", "٣٤٥", "+5912345678"):
        assert country_of_prefix(other) == ""


# --- folding and spelling


def test_folding() -> None:
    """Mutation: leaving invisible characters in, or parting words at an apostrophe."""
    assert fold("  CÚCUTA, N. de Santander!! ") == "cucuta n de santander"
    assert fold("São João d'Aliança") == "sao joao dalianca"
    assert fold("Cu\u200bcu\u200fta") == "cucuta"
    assert fold("ＴＡＰＡＣＨＵＬＡ") == "tapachula"
    assert fold("Ñuñoa") == "nunoa"
    assert fold("🙂 你好 \x00") == ""
    assert all(fold(word) == word for word in ABBREVIATIONS)


def test_one_edit_and_sounds() -> None:
    edits = set(one_edit("cuccuta"))
    assert "cucuta" in edits
    assert {"tijuana", "tijuan"} & set(one_edit("tijuna"))
    assert "boa vista" in respaced(["boavista"]) and "tecunuman" in respaced(["tecun", "uman"])
    assert sounds_like("juares", "juarez") and sounds_like("uaquillas", "huaquillas") and not sounds_like("lima", "lila")


# --- names: the whole answer

#: text, country that is known, what must come first, and whether it may be used without asking.
ONE = [
    ("Bogotá", "", "Bogotá, CO"),
    ("bogota", "", "Bogotá, CO"),
    ("bgta", "", "Bogotá, CO"),
    ("BOGOTA D.C.", "", "Bogotá, CO"),
    ("lima", "", "Lima, PE"),
    ("quito", "", "Quito, EC"),
    ("caracas", "", "Caracas, VE"),
    ("Cúcuta", "", "Cúcuta, CO"),
    ("cucuta", "VE", "Cúcuta, CO"),
    ("san jose de cucuta", "", "Cúcuta, CO"),
    ("medellin", "", "Medellín, CO"),
    ("cali", "", "Cali, CO"),
    ("tapachula", "", "Tapachula, MX"),
    ("aqui upala", "", "Upala, CR"),
    ("tapachula mx", "", "Tapachula, MX"),
    ("tapachula, chiapas", "", "Tapachula, MX"),
    ("tapachula chis.", "", "Tapachula, MX"),
    ("Tapachula, Chiapas, México", "", "Tapachula, MX"),
    ("mexico tapachula", "", "Tapachula, MX"),
    ("estoy en tapachula", "", "Tapachula, MX"),
    ("ya casi llegando a tapachula", "", "Tapachula, MX"),
    ("tapachula centro", "", "Tapachula, MX"),
    ("cdmx", "", "Ciudad de México, MX"),
    ("mexico df", "", "Ciudad de México, MX"),
    ("ciudad de mexico", "", "Ciudad de México, MX"),
    ("boa vista", "", "Boa Vista, BR"),
    ("boavista", "", "Boa Vista, BR"),
    ("em boa vista", "", "Boa Vista, BR"),
    ("boa vista rr", "", "Boa Vista, BR"),
    ("pto ordaz", "", "Ciudad Guayana, VE"),
    ("puerto ordaz", "VE", "Ciudad Guayana, VE"),
    ("ciudad guayana", "", "Ciudad Guayana, VE"),
    ("tecun uman", "", "Tecún Umán, GT"),
    ("Tecún Umán", "", "Tecún Umán, GT"),
    ("tecunuman", "", "Tecún Umán, GT"),
    ("ciudad tecun uman", "", "Tecún Umán, GT"),
    ("cd juarez", "", "Ciudad Juárez, MX"),
    ("cd. juárez, chih", "", "Ciudad Juárez, MX"),
    ("juarez chihuahua", "", "Ciudad Juárez, MX"),
    ("sn antonio del tachira", "", "San Antonio del Táchira, VE"),
    ("san antonio tachira", "", "San Antonio del Táchira, VE"),
    ("puerto españa", "", "Port of Spain, TT"),
    ("port of spain", "", "Port of Spain, TT"),
    ("port-of-spain trinidad", "", "Port of Spain, TT"),
    ("villa rosario", "", "Villa del Rosario, CO"),
    ("villa del rosario", "CO", "Villa del Rosario, CO"),
    ("paso canoas", "", "Paso Canoas, CR"),
    ("peñas blancas", "", "Peñas Blancas, CR"),
    ("las manos", "", "Las Manos, HN"),
    ("el paso tx", "", "El Paso, US"),
    ("El Paso, Texas", "", "El Paso, US"),
    ("I am in El Paso", "", "El Paso, US"),
    ("san cristobal", "VE", "San Cristóbal, VE"),
    ("san cristobal venezuela", "", "San Cristóbal, VE"),
    ("s cristobal tachira", "", "San Cristóbal, VE"),
    ("san cristobal, chiapas", "", "San Cristóbal de las Casas, MX"),
    ("san cristobal de las casas", "", "San Cristóbal de las Casas, MX"),
    ("san jose costa rica", "", "San José, CR"),
    ("san jose", "CR", "San José, CR"),
    ("santa ana el salvador", "", "Santa Ana, SV"),
    ("san pedro sula", "", "San Pedro Sula, HN"),
    ("sps", "", "San Pedro Sula, HN"),
    ("tegus", "", "Tegucigalpa, HN"),
    ("danli", "", "Danlí, HN"),
    ("sta marta", "CO", "Santa Marta, CO"),
    ("sto domingo", "DO", "Santo Domingo, DO"),
    ("sta elena de uairen", "", "Santa Elena de Uairén, VE"),
    ("pacaraima", "", "Pacaraima, BR"),
    ("paracaima", "", "Pacaraima, BR"),
    ("manaus", "", "Manaus, BR"),
    ("sao paulo", "", "São Paulo, BR"),
    ("nueva york", "", "New York City, US"),
    ("new york", "", "New York City, US"),
    ("miami", "", "Miami, US"),
    ("houston texas", "", "Houston, US"),
    ("huaquillas ecuador", "", "Huaquillas, EC"),
    ("aguas verdes", "PE", "Aguas Verdes, PE"),
    ("desaguadero", "", "Desaguadero, PE"),
    ("colchane", "", "Colchane, CL"),
    ("iquique chile", "", "Iquique, CL"),
    ("arica", "", "Arica, CL"),
    ("chacalluta", "", "Chacalluta, CL"),
    ("necocli", "", "Necoclí, CO"),
    ("capurgana", "", "Capurganá, CO"),
    ("tulcan", "", "Tulcán, EC"),
    ("lago agrio", "", "Nueva Loja (Lago Agrio), EC"),
    ("xela", "", "Quetzaltenango, GT"),
    ("la mesilla", "GT", "La Mesilla, GT"),
    ("tenosique", "", "Tenosique, MX"),
    ("chaguanas", "", "Chaguanas, TT"),
    ("no estoy en tapachula, estoy en huixtla", "", "Huixtla, MX"),
    ("guatemala", "GT", "Ciudad de Guatemala, GT"),
    ("piedras negras", "MX", "Piedras Negras, MX"),
    ("san antonio texas", "", "San Antonio, US"),
    ("leticia", "CO", "Leticia, CO"),
    ("higuey", "", "Higüey, DO"),
    ("barrio la libertad, cucuta", "", "Cúcuta, CO"),
]


def first(mention: Mention) -> str:
    return f"{mention.places[0].name}, {mention.places[0].country}" if mention.places else repr(mention)


@pytest.mark.parametrize(("text", "country", "expected"), ONE, ids=[f"{t}|{c}" for t, c, _ in ONE])
def test_one_home(book: Gazetteer, text: str, country: str, expected: str) -> None:
    """Mutation: any stage of the matcher (accents, abbreviations, spacing, state behind the name) left out."""
    mention = book.named(text, country)
    assert first(mention) == expected
    assert len(mention.places) == 1, mention.places
    if expected.endswith(country):
        assert mention.certain


SEVERAL = [
    ("san cristobal", "", {"VE", "DO", "MX"}),
    ("s cristobal", "", {"VE", "DO", "MX"}),
    ("santa rosa", "", {"US", "BR", "EC", "PE"}),
    ("san miguel", "", {"SV", "PE"}),
    ("santiago", "", {"CL", "DO"}),
    ("merida", "", {"MX", "VE"}),
    ("san jose", "", {"US", "CR"}),
    ("los angeles", "", {"US", "CL"}),
    ("la paz", "", {"MX", "HN"}),
    ("rumichaca", "", {"CO", "EC"}),
    ("el florido", "", {"GT", "HN"}),
    ("agua caliente", "", {"GT", "HN"}),
    ("corinto", "", {"HN", "SV"}),
    ("victoria", "", {"US", "MX"}),
    ("trujillo", "", {"PE", "VE"}),
    ("santa ana", "", {"SV", "US"}),
    ("san antonio", "", {"US", "VE"}),
    ("la union", "", {"SV"}),
    ("concepcion", "", {"CL"}),
    ("paraguachon", "", {"CO", "VE"}),
    ("santa rosa", "PE", {"PE"}),
    ("matamoros", "", {"MX"}),
    ("esperanza", "", {"DO", "MX"}),
]


@pytest.mark.parametrize(("text", "country", "among"), SEVERAL, ids=[f"{t}|{c}" for t, c, _ in SEVERAL])
def test_several_homes_are_asked_back(book: Gazetteer, text: str, country: str, among: set[str]) -> None:
    """Mutation: taking the most populous home of a name that has several."""
    mention = book.named(text, country)
    assert 2 <= len(mention.places) <= 4
    assert among <= {p.country for p in mention.places}
    labels = [(p.name, p.region, p.country) for p in mention.places]
    assert len(set(labels)) == len(labels), "two choices that look the same"
    assert all(p.region for p in mention.places)


#: text, country that the person chose, countries of the answers in their order.
ACROSS = [
    ("san cristobal", "CO", "CO VE"),  # a village on the Caribbean, and a city an hour from Cúcuta
    ("en san cristobal", "CO", "CO VE"),
    ("san antonio", "CO", "CO CO VE"),  # the other end of the bridge
    ("san cristobal", "GT", "GT GT GT MX"),
    ("santa ana", "GT", "GT SV"),
    ("san miguel", "GT", "GT SV"),
    ("valencia", "CO", "CO VE"),
    ("trujillo", "CO", "CO PE VE"),
    ("guadalupe", "US", "US US MX MX"),
    ("victoria", "MX", "MX US"),
    ("santiago", "PE", "PE PE CL"),
    ("concepcion", "PE", "PE CL"),
]


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(("text", "country", "expected"), ACROSS, ids=[f"{t}|{c}" for t, c, _ in ACROSS])
def test_a_city_across_the_border_stays_beside_its_small_namesake(book: Gazetteer, text: str, country: str, expected: str) -> None:
    """Mutation: letting the known country narrow the homes to its own; cutting the choices before the others are added."""
    assert [p.country for p in book.named(text, country).places] == expected.split()
    assert set(expected.split()) <= {p.country for p in book.mentioned(f"necesito un doctor en {text}", country).places}


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("san cristobal", "VE"), ("san cristobal", "DO"), ("lima", "PE"), ("merida", "MX"), ("merida", "VE"),
        ("trujillo", "PE"), ("trujillo", "VE"), ("cordoba", "MX"), ("la paz", "MX"), ("la paz", "HN"), ("santiago", "CL"),
        ("florida", "CO"), ("guadalupe", "PE"), ("santa rosa", "BR"), ("valencia", "VE"), ("san antonio", "US"),
    ],
)  # fmt: skip
def test_a_city_at_home_is_not_asked_about(book: Gazetteer, text: str, country: str) -> None:
    """Mutation: keeping every large namesake in the neighbouring countries, or namesakes in countries that are none."""
    mention = book.named(text, country)
    assert [p.country for p in mention.places] == [country] and mention.certain


def test_hardly_any_city_is_asked_about_for_a_namesake_across_the_border(book: Gazetteer) -> None:
    """Mutation: dropping ``FAR_LARGER`` from ``Namesakes._across``."""
    cities = [place for place in map(book.store.place, range(len(book.store.rows))) if place.population >= 300_000]
    asked = [c.name for c in cities if any(p.country != c.country for p in book.named(c.name, c.country).places)]
    assert len(cities) > 300 and asked == []


def test_a_town_near_the_border_counts_when_it_is_far_larger() -> None:
    """Mutation: measuring no distance in ``_across``, or taking 50,000 for the only measure."""
    book = Gazetteer.load()
    village, across = book.named("san cristobal", "CO").places
    near = Home(msgspec.structs.replace(across, population=20_000), 20_000)
    far = Home(msgspec.structs.replace(across, population=20_000, lat=8.0, lon=-63.0), 20_000)
    small = Home(village, 500)
    assert book.namesakes.choose([near, small], "CO") == (village, near.place)
    assert book.namesakes.choose([far, small], "CO") == (village,)
    assert book.namesakes.choose([near, Home(village, 4_000)], "CO") == (village,)


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(
    ("text", "country", "name"),
    [("lima", "CO", "Lima"), ("en lima", "CO", "Lima"), ("maracaibo", "CO", "Maracaibo"), ("rubio", "CO", "Rubio"),
     ("laredo texas", "MX", "Laredo"), ("santa elena de", "CO", "Santa Elena de Uairén"), ("tijuna", "MX", "Tijuana")],
)  # fmt: skip
def test_one_place_that_is_not_sure_says_so(book: Gazetteer, text: str, country: str, name: str) -> None:
    """One place elsewhere than the person said, or an inexact one, is given alone and uncertain: "did you mean ...?".

    Mutation: not asking for the country of a beginning ("santa elena de" from Colombia was a town in Venezuela at once).
    """
    mention = book.named(text, country)
    assert [p.name for p in mention.places] == [name]
    assert mention.certain is (text == "laredo texas"), "whoever writes the state has said where"


def test_choices_can_be_told_apart(book: Gazetteer) -> None:
    """Mutation: two records of one town, or two towns of one name and state, offered side by side."""
    seen = set()
    for text, country in (
        ("san cristobal", "MX"),
        ("buenaventura", "CO"),
        ("san antonio", "MX"),
        ("emiliano zapata", "MX"),
        ("la union", "GT"),
    ):
        found = book.named(text, country).places
        labels = [(p.name, p.region) for p in found]
        assert len(set(labels)) == len(labels), labels
        seen.add(len(found))
    assert max(seen) == 4


def test_a_border_post_is_never_left_out_as_small(book: Gazetteer) -> None:
    """Mutation: weighing a post of no inhabitants like any hamlet."""
    post, city = book.get(-1), book.get(3688689)
    village = book.named("necocli").places[0]
    assert post and city
    homes = [Home(post, 100), Home(city, 7_000_000), Home(village, 100)]
    assert book.namesakes.choose(homes, "") == (city, post)


MISSPELT = [
    ("cuccuta", "Cúcuta"),
    ("tijuna", "Tijuana"),
    ("ciudad juares", "Ciudad Juárez"),
    ("tapachola", "Tapachula"),
    ("mannaus", "Manaus"),
    ("guayaqil", "Guayaquil"),
    ("barranqilla", "Barranquilla"),
    ("maracaivo", "Maracaibo"),
    ("huakillas", "Huaquillas"),
    ("medelin", "Medellín"),
]


@pytest.mark.parametrize(("text", "expected"), MISSPELT)
def test_a_slip_is_found_but_never_certain(book: Gazetteer, text: str, expected: str) -> None:
    """Mutation: ``certain`` left at its default for an inexact match."""
    mention = book.named(text)
    assert mention.places[0].name == expected
    assert not mention.certain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Colombia", "CO"),
        ("colômbia", "CO"),
        ("vzla", "VE"),
        ("Venezuela", "VE"),
        ("brazil", "BR"),
        ("BRASIL", "BR"),
        ("peru", "PE"),
        ("EEUU", "US"),
        ("ee.uu.", "US"),
        ("usa", "US"),
        ("U.S.A.", "US"),
        ("estados unidos", "US"),
        ("united states", "US"),
        ("rep dominicana", "DO"),
        ("RD", "DO"),
        ("Trinidad & Tobago", "TT"),
        ("trinidad y tobago", "TT"),
        ("mx", "MX"),
        ("méxico", "MX"),
        ("el salvador", "SV"),
        ("costa rica", "CR"),
        ("estoy en honduras", "HN"),
        ("guatemala", "GT"),
        ("Équador", "EC"),
        ("chile", "CL"),
        ("in the United States", "US"),
    ],
)
@pytest.mark.requirement("S-1")
def test_a_country_alone(book: Gazetteer, text: str, code: str) -> None:
    """Mutation: looking for places first ("Trinidad" is a town in Colombia, "Mexico" another name of its capital)."""
    mention = book.named(text)
    assert (mention.countries, mention.places, mention.outside) == ((code,), (), "")


@pytest.mark.parametrize(
    ("text", "country", "codes"),
    [
        ("trinidad", "", ("TT", "CO", "US", "HN")),
        ("trinidad", "CO", ("TT", "CO")),
        ("trinidad", "TT", ("TT",)),
        ("trinidad", "VE", ("TT",)),
        ("i am in trinidad", "", ("TT",)),
    ],
)
def test_a_country_that_is_called_like_a_town_is_asked_about(
    book: Gazetteer, text: str, country: str, codes: tuple[str, ...]
) -> None:
    """Mutation: taking the country without a question, or asking whoever said before that they are there."""
    mention = book.named(text, country)
    assert (mention.countries, mention.places) == (codes, ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("panama", "PA"),
        ("Panamá", "PA"),
        ("bajo chiquito", "PA"),
        ("el darien", "PA"),
        ("nicaragua", "NI"),
        ("managua", "NI"),
        ("haiti", "HT"),
        ("cuba", "CU"),
        ("la paz bolivia", "BO"),
        ("estoy en panama", "PA"),
        ("argentina", "AR"),
        ("españa", "ES"),
        ("Canada", "CA"),
        ("suriname", "SR"),
        ("guyana", "GY"),
        ("puerto principe", "HT"),
        ("puerto rico", "PR"),
        ("Alemanha", "DE"),
        ("Zimbabwe", "ZW"),
    ],
)
@pytest.mark.requirement("S-7")
def test_a_country_that_is_not_covered_is_named(book: Gazetteer, text: str, code: str) -> None:
    """Mutation: ignoring countries outside the network, or taking a namesake inside it."""
    mention = book.named(text)
    assert (mention.outside, mention.places, mention.countries) == (code, (), ())


@pytest.mark.parametrize("text", ["chiapas", "texas", "norte de santander", "antioquia", "roraima", "zulia"])
def test_a_state_alone_offers_its_towns(book: Gazetteer, text: str) -> None:
    """Mutation: taking a state's capital without asking."""
    mention = book.named(text)
    assert 2 <= len(mention.places) <= 4 and not mention.certain


NOT_PLACES = [
    "",
    " ",
    "?",
    "2",
    "12345",
    "hola",
    "Hola!",
    "ayuda",
    "help",
    "socorro",
    "no se",
    "não sei",
    "si",
    "sim",
    "no",
    "medico",
    "doctor",
    "necesito un medico",
    "I need a doctor",
    "quero comida",
    "casa",
    "en casa",
    "at home",
    "em casa",
    "no quiero decir",
    "gracias",
    "🙂",
    "你好",
    "que es esto",
    "tengo hambre",
    "mi hija tiene fiebre",
    "quiero vivir en paz",
    "no tengo a donde ir",
    "salud",
    "refugio",
    "me pega mi esposo",
    "estoy en peligro",
    "in danger",
    "qwertyuiop",
    "no puedo hablar ahora",
    "who are you",
    "quem é você",
    "es gratis?",
    "me llamo victoria y tengo hambre",
    "santiago me pega",
    "mi novio me quito el pasaporte",
    "tome pastillas",
    "estoy escondido",
    "estoy embarazada",
    "en la calle",
    "na rua",
    "in the street",
    "a mi hijo se lo llevaron",
    "nowhere",
    "aqui",
    "\x00\x01",
]


@pytest.mark.parametrize("text", NOT_PLACES)
def test_not_a_place_is_never_turned_into_one(book: Gazetteer, text: str) -> None:
    """Mutation: dropping the list of everyday words ("medico" is one letter from Mexico, "quito" is a verb)."""
    for mention in (book.named(text), book.mentioned(text), book.named(text, "CO"), book.mentioned(text, "MX")):
        assert (mention.places, mention.countries, mention.outside) == ((), (), "")


# --- names inside a sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("doctor en tapachula", "Tapachula, MX"),
        ("me robaron todo, donde duermo hoy en cucuta", "Cúcuta, CO"),
        ("I need a doctor near El Paso", "El Paso, US"),
        ("estou em boa vista e preciso de ajuda", "Boa Vista, BR"),
        ("necesito abogado en san cristobal venezuela", "San Cristóbal, VE"),
        ("soy de venezuela y estoy en la parada", "La Parada, CO"),
        ("busco trabajo en bogota", "Bogotá, CO"),
        ("abogado tapachula", "Tapachula, MX"),
        ("tapachula doctor", "Tapachula, MX"),
        ("hospital cerca de la terminal de danli", "Danlí, HN"),
        ("en la frontera de paso canoas", "Paso Canoas, CR"),
        ("estamos en el puente simon bolivar", "La Parada, CO"),
        ("onde tem posto de saúde em manaus?", "Manaus, BR"),
        ("clinic port of spain", "Port of Spain, TT"),
        ("estoy detenida en eagle pass texas", "Eagle Pass, US"),
        ("salí de caracas y llegué a lima ayer", "Lima, PE"),
        ("abrigo em pacaraima", "Pacaraima, BR"),
        ("quiero ir de tapachula a tijuana", "Tijuana, MX"),
        ("pasaje de ipiales a quito", "Quito, EC"),
        ("perdi meus documentos em são paulo", "São Paulo, BR"),
    ],
)
def test_a_place_inside_a_sentence(book: Gazetteer, text: str, expected: str) -> None:
    """Mutation: reading the words before a name without their order ("de caracas ... a lima")."""
    mention = book.mentioned(text)
    assert first(mention) == expected and len(mention.places) == 1


def test_sentences_with_countries(book: Gazetteer) -> None:
    """Mutation: taking the country that somebody comes from, or denies, for the one that they are in."""
    assert book.mentioned("no estoy en mexico, estoy en guatemala").countries == ("GT",)
    assert book.mentioned("vengo de haiti voy a mexico").countries == ("MX",)
    assert book.mentioned("soy de venezuela").countries == ()
    assert book.mentioned("no estoy en tapachula").places == () == book.named("no estoy en tapachula").places
    assert book.mentioned("asylum in the us").countries == ("US",)
    assert book.mentioned("let us go").countries == ()
    assert book.mentioned("estoy en panama").outside == "PA"
    assert not book.mentioned("estoy en cuccuta con mi bebe").certain
    assert len(book.mentioned("mi mamá está en medellin y yo en necocli").places) == 2


# --- bounds


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "san " * 2_500, "s " * 5_000, "en tapachul " * 800, "é" * 10_000, "\u200b" * 10_000, "de la " * 1_600]
)
def test_pastes_are_bounded(book: Gazetteer, text: str) -> None:
    """Mutation: reading the whole of a paste. The bound is generous, twenty times what it takes."""
    before = time.process_time()
    for method in (book.named, book.mentioned):
        mention = method(text)
        assert len(mention.places) <= 4
    assert time.process_time() - before < 1.0


def test_answers_are_the_same_every_time(book: Gazetteer) -> None:
    """Mutation: a set in the order of choices."""
    other = Gazetteer.load()
    for text, country, _ in (*ONE, *SEVERAL):
        assert book.named(text, country) == other.named(text, country) == book.named(text, country)


# --- one answer


ANSWERS = [
    ("no estoy en lima, estoy en tacna", "", ("PE", "Tacna", False)),
    ("salí de caracas y voy para cucuta", "", ("", "", True)),
    ("san pedro", "", ("", "", True)),
    ("estoy en honduras", "", ("HN", "", False)),
    ("tapaxula", "", ("MX", "Tapachula", False)),
    ("zacateco", "SV", ("SV", "Zacatecoluca", False)),
    ("lima", "CO", ("PE", "Lima", True)),
    ("bairro pintolandia boa vista", "", ("BR", "Boa Vista", False)),
    ("la heroica", "", ("CO", "Cartagena", False)),
    ("barrio la esperanza de bucaramanga", "", ("CO", "Bucaramanga", False)),
    ("entre quito y guayaquil", "", ("EC", "", True)),
    ("venesuela", "", ("VE", "", False)),
    ("en el piso", "", ("", "", False)),
    ("mi prima", "", ("", "", False)),
]


@pytest.mark.requirement("S-1")
@pytest.mark.parametrize(("text", "country", "expected"), ANSWERS, ids=[f"{t}|{c}" for t, c, _ in ANSWERS])
def test_one_answer_or_a_question(book: Gazetteer, text: str, country: str, expected: tuple[str, str, bool]) -> None:
    """Mutation: the first of several homes; where somebody comes from; a slip in an everyday word."""
    said = book.answer(text, country)
    assert (said.country, said.place, said.ask) == expected
    assert (said.lat is None) == (said.place == "")


def test_an_answer_outside_says_so(book: Gazetteer) -> None:
    """Mutation: leaving the country that is not covered out of the answer."""
    assert book.answer("estoy en panama").outside == "PA" and not book.answer("estoy en panama").country


def test_slips_are_counted_as_people_make_them() -> None:
    """Mutation: a swapped pair that counts as two; a band that is too narrow."""
    others = ("tapasula", "tapsula", "tpaasula", "tapasola", "tazapula", "xxxxxxxx")
    assert [slips("tapasula", other, 2) for other in others] == [0, 1, 1, 1, 2, 3]
    assert sound("guaquillas\nhuakillas") == "uakias\nuakias"


def test_towns_of_our_own_lie_where_they_say(book: Gazetteer) -> None:
    """Mutation: coordinates of a town of ``more_places.toml`` in another country, or an id that two of them have."""
    own = [place for place in book.store.posts.values() if place.id <= FIRST_TOWN]
    assert len(own) > 100
    assert [(p.name, country_at(p.lat, p.lon)) for p in own] == [(p.name, p.country) for p in own]


@pytest.mark.parametrize(
    ("text", "country", "name"),
    [
        ("tacna, saliendo para chile", "PE", "Tacna"),
        ("tulcan camino a colombia", "EC", "Tulcán"),
        ("san antonio texas going to new york", "US", "San Antonio"),
        ("en tacna esperando cruzar a chile", "PE", "Tacna"),
        ("arica, vengo de peru", "", "Arica"),
        ("esquipulas, por la basilica", "GT", "Esquipulas"),
        ("port of spain, near the savannah", "", "Port of Spain"),
        ("ipiales, en el puente de rumichaca", "", "Rumichaca"),
        ("por la bahia, guayaquil", "EC", "Guayaquil"),
        ("quetzaltenango zona 3", "", "Quetzaltenango"),
        ("en el sur de quito", "EC", "Quito"),
        ("colchane frontera bolivia", "CL", "Colchane"),
        ("tabatinga, perto de leticia", "", "Tabatinga"),
        ("san antonio frontera con cucuta", "VE", "San Antonio del Táchira"),
        ("in la", "US", "Los Angeles"),
    ],
)
def test_a_place_that_something_more_is_said_about(book: Gazetteer, text: str, country: str, name: str) -> None:
    """Mutation: taking the country that somebody goes on to, the largest name, or a question for what a landmark tells."""
    mention = book.named(text, country)
    assert [place.name for place in mention.places] == [name]
    assert mention.certain or mention.likely


def test_a_place_of_the_known_country_comes_before_a_small_namesake_abroad(book: Gazetteer) -> None:
    """Mutation: leaving out ``_own_rather``: "kenedy" would be a village in Texas for whoever is in Colombia."""
    assert [p.name for p in book.named("en kenedy", "CO").places] == ["Kennedy"]
    assert [p.country for p in book.named("kenedy", "US").places] == ["US"]


@pytest.mark.parametrize(
    "text", ["gracias a dios bien", "amén", "si Dios quiere", "thank God", "graças a Deus", "dios los bendiga"]
)
def test_thanks_to_god_are_no_place(book: Gazetteer, text: str) -> None:
    """Mutation: leaving the thanks in the text: "Gracias a Dios" is a border post of Guatemala and a department of Honduras."""
    assert book.named(text) == Mention()
    assert book.named(f"estamos en colombia, {text}").countries == ("CO",)
    assert [p.name for p in book.named(f"{text}, en tijuana", "MX").places] == ["Tijuana"]


def test_gracias_a_dios_is_a_place_where_it_lies(book: Gazetteer) -> None:
    """Mutation: taking the thanks away in every country."""
    assert book.named("gracias a dios", "GT").places
    assert book.named("en gracias a dios", "HN").places


@pytest.mark.parametrize(
    ("text", "country", "outside"),
    [
        ("en la habana", "", "CU"),
        ("pekin", "", "CN"),
        ("moscu", "", "RU"),
        ("cairo, egypt", "", "EG"),
        ("asuncion", "", "PY"),
        ("grenada", "TT", "GD"),
        ("buenos aires", "", "AR"),
        ("buenos aires", "CR", ""),
        ("barcelona", "", ""),
        ("la paz", "", ""),
        ("santa lucia", "", ""),
    ],
)
def test_large_towns_elsewhere_are_told_from_small_namesakes(book: Gazetteer, text: str, country: str, outside: str) -> None:
    """Mutation: a small homonym inside for the capital of another country; or that capital for a city inside."""
    mention = book.named(text, country)
    assert mention.outside == outside
    assert bool(mention.places) == (not outside)
