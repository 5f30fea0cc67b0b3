"""Services: where, what there is and what is said of it. One property for each promise."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wording import country_name
from flows import services
from flows.facts import COUNTRIES, KINDS, LANGS, Area, Hours, Offer, Phone, Query, Traits
from flows.graph import texts
from flows.kernel import (
    Aside,
    Choices,
    Chose,
    Clock,
    Country,
    Data,
    Day,
    Km,
    Language,
    Listing,
    Located,
    Opening,
    Phrase,
    Session,
    Value,
    Zone,
)
from flows.topics import GRAPH
from tests.flows.standing import CHANNELS, SCREENS, drawn, everywhere, standing
from tests.flows.world import (
    CUCUTA,
    FILLED,
    PLACES,
    SAN_CRISTOBAL_VE,
    SMS,
    TAPACHULA,
    TELEGRAM,
    WHATSAPP,
    Play,
    SomeDirectory,
    data,
    facts,
    ids,
    offer,
    wording,
)

by_channel = pytest.mark.parametrize("channel", CHANNELS, ids=lambda traits: traits.name)


def flat(parts: tuple[Value, ...]) -> list[Any]:
    """Every value of a screen in reading order, each before what stands inside it."""
    found: list[Any] = []

    def look(value: Any) -> None:
        found.append(value)
        if isinstance(value, Phrase):
            for inner in value.params.values():
                look(inner)
        elif isinstance(value, Listing):
            for inner in value.items:
                look(inner)
        elif isinstance(value, Aside):
            look(value.value)

    for part in parts:
        look(part)
    return found


def a_play(rows: list[Offer], channel: Traits = SMS, lang: str = "es") -> Play:
    return Play(channel, lang, directory=SomeDirectory(rows))


def shown(play: Play) -> list[int]:
    """Keys of the services on the list."""
    assert play.here == "services.results", play.here
    return list(play.session.slot("shown"))


# --- S-1: the place --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-1")
@by_channel
@pytest.mark.parametrize("hint", ["", "VE", "ZZ"])
def test_a_new_conversation_knows_no_country_and_a_guess_is_only_the_first_choice(hint: str, channel: Traits) -> None:
    """Mutation: filling the slot from the hint; results of a guessed country."""
    play = Play(channel, country_hint=hint).says("hola", "1", "1")
    assert play.here == "services.where"
    assert play.session.slots == {}
    countries = [option.label.code for option in play.screen.options if isinstance(option.label, Country)]
    assert countries[0] == (hint if hint in COUNTRIES else COUNTRIES[0])
    play = Play(channel, country_hint=hint).says("necesito un doctor")
    assert play.here == "services.where"
    assert "country" not in play.session.slots


@pytest.mark.requirement("S-1")
def test_the_country_is_changed_midway_and_the_old_place_goes_with_it() -> None:
    """Mutation: keeping a town of the country before; a page of the list before."""
    play = standing("services.results").says("7", "idioma", "4")
    assert play.here == "services.where"
    play.says("brasil")
    assert (play.session.slot("country"), play.session.slot("place")) == ("BR", 0)
    assert play.here == "services.results"
    assert shown(play) == [row.key for row in play.facts.directory.rows if row.country == "BR" and "health" in row.kinds]  # type: ignore[attr-defined]
    for screen in ("person.where", "feedback.where"):
        play = standing(screen).says("mexico")
        assert (play.session.slot("country"), play.session.slot("place")) == ("MX", 0)
        play = standing(screen).says("colombia")
        assert (play.session.slot("country"), play.session.slot("place")) == ("CO", CUCUTA.id)


@pytest.mark.requirement("S-1")
def test_a_new_search_begins_with_its_first_page() -> None:
    """Mutation: ``skip`` of the last list in the next one."""
    for ways in (("lugares", "brasil"), ("4", "1", "6"), ("5", "1"), ("lugares", "1", "6"), ("doctor en tapachula",)):
        play = standing("services.kind").picks("health").says("7")
        assert play.session.slot("skip") > 0
        play.says(*ways)
        if play.here == "services.kind":
            play.picks("health")
        assert play.here == "services.results", ways
        assert play.session.slot("skip") == 0, ways


# --- S-3: several, none alone, in no telling order -------------------------------------------------------------------

ROWS = st.lists(
    st.builds(
        lambda country, kind, specialised, lat, lon, remote: (country, kind, specialised, lat, lon, remote),
        st.sampled_from(("CO", "CO", "VE", "EC")),
        st.sampled_from(KINDS[:3]),
        st.booleans(),
        st.floats(-4, 10),
        st.floats(-79, -68),
        st.booleans(),
    ),
    max_size=9,
)


@pytest.mark.requirement("S-3")
@settings(max_examples=150)
@given(ROWS, st.sampled_from(CHANNELS), st.sampled_from((0, CUCUTA.id)))
def test_two_where_two_exist_and_nothing_specialised_alone_on_any_page(rows, channel: Traits, place: int) -> None:
    """Mutation: leaving ``_beside`` out, or asking it on the first page only; hiding what is left of a list with one entry."""
    made = [
        offer(number, country, kind, specialised=special, lat=lat, lon=lon, remote=remote)
        for number, (country, kind, special, lat, lon, remote) in enumerate(rows, start=1)
    ]
    play = a_play(made, channel)
    play.session = Session(id=b"0" * 16, screen="services.kind", turn=3, lang="es", slots={"country": "CO", "place": place})
    play.picks("health")
    here = [row for row in made if row.country == "CO"]
    fitting = [row for row in here if "health" in row.kinds]
    for page in range(6):
        if play.here != "services.results":
            break
        keys = shown(play)
        listed = [row for row in made if row.key in keys]
        assert len(set(keys)) == len(keys)
        assert not (len(listed) == 1 and listed[0].specialised), "something specialised stands alone"
        if page == 0 and fitting:
            enough = len(fitting) >= 2 or any(not row.specialised for row in here if row.key != fitting[0].key)
            assert len(keys) >= (2 if enough else 1)
        assert len(keys) <= services.TARGET
        play.says("7")
    else:
        pytest.fail("the pages never end")
    assert play.here in ("services.nothing", "services.no_more")


@pytest.mark.requirement("S-3")
def test_an_entry_taken_back_while_its_list_is_shown_leaves_nothing_specialised_alone() -> None:
    """Mutation: drawing the list from the keys without looking at what is left."""
    rows = [offer(1, "CO", "health", specialised=True), offer(2, "CO", "health")]
    for channel in CHANNELS:
        play = a_play(rows, channel)
        play.session = Session(id=b"0" * 16, screen="services.kind", turn=3, lang="es", slots={"country": "CO"})
        play.picks("health")
        assert shown(play) == [1, 2]
        play.facts = facts(channel, SomeDirectory(rows[:1]))
        play.commands("again")
        assert not [field for field in data(play.screen.parts) if field.source.startswith("service.")]
        assert not [option for option in play.screen.options if option.id.startswith("#")]
        assert "services.no_more" in play.ids


@pytest.mark.requirement("S-3")
def test_what_a_person_answered_does_not_change_the_order() -> None:
    """The same list whatever the language, the channel, the way there. Mutation: sorting by the language of the person."""
    lists = set()
    for channel in CHANNELS:
        for lang in LANGS:
            for way in (("cucuta", "1"), ("doctor en cucuta",), ("abogado en cucuta", "5", "1")):
                play = Play(channel, lang).says("hola").picks(lang).says("lugares" if way[0] == "cucuta" else "menu")
                play.says(*way)
                lists.add(tuple(shown(play)))
    assert len(lists) == 1


def test_a_list_says_what_it_answers_also_on_the_way_back() -> None:
    """Mutation: a heading from the slots of now, when the list is of before."""
    for channel in CHANNELS:
        play = standing("services.kind", channel).picks("health")
        before = drawn(play).parts
        play.says("4").says("7").picks("#1", "back", "back")
        assert play.here == "services.results"
        assert drawn(play).parts == before
        play.says("persona", "mexico", "8", "8")
        assert drawn(play).parts == before
        first = shown(play)
        play.says("7")
        assert not set(first) & set(shown(play))
        assert all(play.facts.directory.get(key).country == "CO" for key in shown(play))  # type: ignore[union-attr]


# --- S-4, S-5, S-6: what is said of one ------------------------------------------------------------------------------

FULL: dict[str, Any] = {
    "name": "Centro de Prueba Completo",
    "address": "Calle 10 número 5",
    "municipality": "Cúcuta",
    "phones": (Phone(number="+15555550111", shown="555-0111"),),
    "hours": Hours(zone="America/Bogota", weekly=((0, 480, 960),)),
    "free": True,
    "papers": False,
    "texts": {"es": "Atiende gripe.", "en": "Treats flu.", "pt": "Atende gripe."},
    "people": {"women": True, "men": False},
    "min_age": 5,
    "max_age": 17,
    "languages": ("es", "en"),
    "wheelchair": True,
    "sign_language": False,
    "url": "https://example.org/centro",
    "report_to": "quejas@example.org",
    "verified_on": date(2026, 10, 1),
}
EMPTY: dict[str, Any] = {
    "address": None,
    "municipality": None,
    "phones": (),
    "hours": None,
    "free": None,
    "papers": None,
    "texts": {},
    "people": {},
    "languages": (),
    "wheelchair": None,
    "sign_language": None,
    "url": None,
    "report_to": None,
    "verified_on": None,
}
#: field -> what says it, and what says that it is not known.
SAID: dict[str, tuple[set[str], set[str]]] = {
    "address": ({"service.address"}, {"service.address.unknown"}),
    "phones": ({"service.phone"}, {"service.phone.unknown"}),
    "hours": ({"service.hours"}, {"service.hours.unknown"}),
    "free": ({"service.cost.yes"}, {"service.cost.unknown"}),
    "papers": ({"service.papers.no"}, {"service.papers.unknown"}),
    "texts": ({"service.text"}, set()),
    "people": ({"service.for", "service.people.women", "service.not_for", "service.people.men"}, {"service.for.unknown"}),
    "min_age": ({"service.ages"}, set()),
    "languages": ({"service.languages"}, {"service.languages.unknown"}),
    "wheelchair": ({"service.wheelchair.yes"}, {"service.wheelchair.unknown"}),
    "sign_language": ({"service.sign.no"}, {"service.sign.unknown"}),
    "url": ({"service.url"}, set()),
    "report_to": ({"service.report_to"}, set()),
    "verified_on": ({"service.checked"}, {"service.checked.unknown"}),
}


LISTED = {"far": (1, 2)}


def details(one: Offer, channel: Traits = SMS, lang: str = "es") -> list[tuple[Value, ...]]:
    """The screens that tell about one service: on SMS there are two."""
    play = a_play([one, offer(99, one.country, one.kinds[0])], channel, lang)
    play.session = Session(
        id=b"0" * 16,
        screen="services.results",
        turn=3,
        lang=lang,
        slots={"country": one.country, "shown": (one.key, 99), "far": (1, 2)},
    )
    play.picks("#0")
    assert play.here == "services.details"
    screens = [play.screen.parts]
    if channel is SMS:
        screens.append(play.says("7").screen.parts)
        assert play.here == "services.further"
    return screens


def told(one: Offer, channel: Traits = SMS, lang: str = "es") -> set[str]:
    return {id for parts in details(one, channel, lang) for id in ids(parts)}


@pytest.mark.requirement("S-5")
@by_channel
def test_every_field_is_said_or_said_to_be_unknown(channel: Traits) -> None:
    """Mutation: leaving out a line when a field is empty, or guessing "no"."""
    full, empty = told(offer(1, "CO", "health", **FULL), channel), told(offer(1, "CO", "health", **EMPTY), channel)
    for field, (said, unknown) in SAID.items():
        assert said <= full, field
        assert unknown <= empty, field
        assert not unknown & full, field
        assert not said & empty, field
        alone = told(offer(1, "CO", "health", **(FULL | {field: EMPTY.get(field), "max_age": None, "municipality": None})), channel)
        assert unknown <= alone, field
    assert {id for id in full | empty if id.startswith("service.")} <= set(services.DETAIL_TEXTS)


@pytest.mark.requirement("S-5")
@pytest.mark.parametrize(
    ("field", "name"), [("free", "cost"), ("papers", "papers"), ("wheelchair", "wheelchair"), ("sign_language", "sign")]
)
def test_yes_no_and_not_known_are_three_answers(field: str, name: str) -> None:
    """Mutation: ``if value`` where None means that nobody knows."""
    for value, answer in ((True, "yes"), (False, "no"), (None, "unknown")):
        ids_of_it = told(offer(1, "CO", "health", **{field: value}))
        assert {id for id in ids_of_it if id.startswith(f"service.{name}.")} == {f"service.{name}.{answer}"}
    for lang in LANGS:
        assert len({wording().text(lang, f"service.{name}.{answer}") for answer in ("yes", "no", "unknown")}) == 3


@pytest.mark.requirement("S-5")
def test_the_words_for_not_known_say_that_it_is_not_known() -> None:
    """Mutation: an empty line, or "no", for what nobody knows."""
    words = {"es": "no se sabe", "en": "not known", "pt": "não se sabe"}
    for lang, not_known in words.items():
        for id in services.DETAIL_TEXTS:
            if id.endswith(".unknown"):
                assert not_known in wording().text(lang, id), (lang, id)


@pytest.mark.requirement("S-5")
@by_channel
def test_a_place_without_a_street_says_where_to_ask(channel: Traits) -> None:
    """Mutation: "they give the address by phone" where there is no phone."""
    town = EMPTY | {"municipality": "Cúcuta"}
    assert "service.address_town.unknown" in told(offer(1, "CO", "health", **town), channel)
    by_phone = town | {"phones": FULL["phones"]}
    assert "service.address_town" in told(offer(1, "CO", "health", **by_phone), channel)
    remote = told(offer(1, "CO", "health", **(EMPTY | {"remote": True, "phones": FULL["phones"]})), channel)
    assert not any(id.startswith("service.address") for id in remote)


@pytest.mark.requirement("S-4")
@by_channel
def test_what_is_due_for_a_check_is_labelled_in_the_list_and_before_the_contact(channel: Traits) -> None:
    """Mutation: the label only in the details, or behind the number."""
    old, new = offer(1, "CO", "health", **FULL, check="due"), offer(2, "CO", "health", **FULL)
    play = a_play([old, new], channel)
    play.session = Session(id=b"0" * 16, screen="services.kind", turn=3, lang="es", slots={"country": "CO"})
    play.picks("health")
    lines = [services.line(one, 1.0, play.facts) for one in (old, new)]
    assert "service.call_first_short" in ids(lines[:1])
    assert "service.call_first_short" not in ids(lines[1:])
    assert "service.call_first_short" in play.ids
    first = [value.id for value in flat(details(old, channel)[0]) if isinstance(value, Phrase)]
    assert first.index("service.call_first") < first.index("service.phone")
    assert "service.call_first" not in told(new, channel)


CONTACT = ("service.phone", "service.address", "service.url", "service.report_to", "service.municipality")


@pytest.mark.requirement("S-6")
@by_channel
@pytest.mark.parametrize("who", ["police", "migration", "informs"])
def test_a_tie_to_police_or_migration_control_is_read_before_any_contact(who, channel: Traits) -> None:
    """Mutation: the mark behind the number; none in the list, or none on a list of organisations that answer by phone."""
    tied = offer(1, "CO", "case-management", **FULL, authority=who)
    values = flat(details(tied, channel)[0])
    mark = values.index(Phrase(f"service.authority.{who}"))
    contacts = [at for at, value in enumerate(values) if isinstance(value, Data) and value.source in CONTACT]
    assert contacts and mark < min(contacts)
    line = flat((services.line(tied, 1.0, facts(channel)),))
    assert line.index(Phrase(f"service.authority_short.{who}")) == line.index(Data("service.short_name", tied.short_name)) + 1
    for parts in (*details(tied, channel), a_play([tied], channel).at("person.where").says("colombia").screen.parts):
        read: list[Any] = flat(parts)
        numbers = [at for at, value in enumerate(read) if isinstance(value, Data) and value.source == "service.phone"]
        marks = [at for at, value in enumerate(read) if isinstance(value, Phrase) and value.id.startswith("service.authority")]
        assert not numbers or (marks and marks[0] < numbers[0])
    for lang in LANGS:
        assert wording().text(lang, f"service.authority.{who}") != wording().text(lang, f"service.authority_short.{who}")


@pytest.mark.requirement("S-5")
@by_channel
def test_a_text_in_another_language_is_marked_as_such(channel: Traits) -> None:
    """Mutation: showing it without a word; an exception for a language that Faro does not write in."""
    for lang in LANGS:
        assert "service.text" in told(offer(1, "CO", "health", **FULL), channel, lang)
        for only in ("es", "en", "pt", "fr"):
            one = offer(1, "CO", "health", **(FULL | {"texts": {only: "Texto"}}))
            shown_ids = told(one, channel, lang)
            assert ("service.text_in" in shown_ids) == (only != lang)
            values = [value for parts in details(one, channel, lang) for value in flat(parts)]
            assert Data("service.text", "Texto") in values
            assert (Language(only) in values) or only == lang or only in one.languages


@by_channel
def test_every_answer_that_shows_invented_places_says_so_first(channel: Traits) -> None:
    """Mutation: the mark on the list only; on the details but not on their second SMS."""
    for lang in LANGS:
        for screen in SCREENS:
            play = standing(screen, channel, lang)
            parts = drawn(play).parts
            fields = [field for field in data((*parts, *(option.label for option in drawn(play).options)))]
            of_demo = [field for field in fields if field.source.startswith(("service.", "complaint_channel."))]
            assert bool(of_demo) == ("service.demo" in ids(parts)), screen
            if of_demo:
                assert parts[0] == Phrase("service.demo"), screen
        assert "DEMO" in wording().text(lang, "service.demo") and "DEMO" in wording().text(lang, "service.demo", "sms")
    real = a_play([offer(1, "CO", "health", demo=False), offer(2, "CO", "health", demo=False)], channel)
    real.session = Session(id=b"0" * 16, screen="services.kind", turn=3, lang="es", slots={"country": "CO"})
    assert "service.demo" not in real.picks("health").ids
    assert "service.demo" not in real.picks("#0").ids


# --- S-7: the next stop ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-7")
@by_channel
def test_another_country_is_asked_about_from_the_same_conversation_without_being_there(channel: Traits) -> None:
    """Mutation: the order of all countries instead of the usual next stops; losing the kind of help on the way."""
    play = standing("services.kind", channel, slots={"country": "MX", "place": TAPACHULA.id})
    assert [o.label.code for o in play.picks("legal").says("4").screen.options if isinstance(o.label, Country)][:3] == [
        "MX",
        "US",
        "GT",
    ]
    play = standing("services.kind", channel).picks("legal").says("4")
    assert play.here == "services.next"
    countries = [option.label.code for option in play.screen.options if isinstance(option.label, Country)]
    assert countries[:3] == ["CO", "VE", "EC"]
    play.says("2")
    assert (play.here, play.session.slot("country")) == ("services.town", "VE")
    play.says("6")
    assert play.here == "services.results"
    assert play.session.slot("kind") == "legal"
    assert {play.facts.directory.get(key).country for key in shown(play)} == {"VE"}  # type: ignore[union-attr]
    play.says("4", "tapachula")
    assert {play.facts.directory.get(key).country for key in shown(play)} == {"MX"}  # type: ignore[union-attr]


@pytest.mark.requirement("S-7")
@by_channel
@pytest.mark.parametrize("lang", LANGS)
def test_what_lies_beyond_the_border_stands_under_a_heading_that_says_so(channel: Traits, lang: str) -> None:
    """Mutation: the places of another country under the heading of this one; no second page there."""
    rows = [offer(number, "EC", "health") for number in range(1, 5)]
    play = a_play(rows, channel, lang)
    play.facts = msgspec.structs.replace(play.facts, neighbours={"CO": ("VE", "EC")})
    play.session = Session(id=b"0" * 16, screen="services.kind", turn=3, lang=lang, slots={"country": "CO"})
    play.picks("health")
    heading = next(part for part in play.screen.parts if "services.results.beyond" in ids((part,)))
    text = wording().say(lang, heading)
    assert country_name(lang, "CO") in text and country_name(lang, "EC") in text
    assert text.index(country_name(lang, "CO")) < text.index(country_name(lang, "EC"))
    assert shown(play) == [1, 2, 3]
    play.says("7")
    assert shown(play) == [4]
    assert "services.results.beyond" in play.ids
    assert play.says("7").here == "services.no_more"


@pytest.mark.requirement("S-7")
def test_where_nothing_is_known_here_or_next_door_this_is_said_with_ways_on() -> None:
    """Mutation: an empty list."""
    play = a_play([]).at("services.kind", country="PE").picks("health")
    assert play.here == "services.nothing"
    assert {"services.nothing", "services.more_than_listed"} <= play.ids
    assert {option.id for option in play.screen.options} >= {"another", "kind", "person"}


# --- S-8: a shared location ------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-8")
@pytest.mark.parametrize("channel", (TELEGRAM, WHATSAPP), ids=lambda traits: traits.name)
def test_an_exact_point_serves_one_search_and_is_in_no_slot(channel: Traits) -> None:
    """Mutation: keeping the point for the next page; searching from the municipality's centre the first time."""
    lat, lon = 7.893912, -72.507834
    area = Area(countries=("CO",), places={"CO": CUCUTA}, lat=lat, lon=lon)
    play = Play(channel).says("hola", "1")
    play.at("services.where", kind="health").does(Located(area))
    directory: Any = play.facts.directory
    assert play.here == "services.results"
    assert [(query.lat, query.lon) for query in directory.asked] == [(lat, lon)]
    assert play.session.slot("place") == CUCUTA.id
    encoded = msgspec.json.encode(play.session) + repr(play.session).encode()
    for trace in (b"7.89", b"72.50", b"7893", b"72507"):
        assert trace not in encoded
    directory.asked.clear()
    play.says("7", "8", "5", "1")
    assert directory.asked
    assert {(query.lat, query.lon) for query in directory.asked if query.lat} == {(CUCUTA.lat, CUCUTA.lon)}
    assert "7.8939" not in repr(play.turn)
    assert "7.8939" not in repr(Located(area))


@pytest.mark.requirement("S-8")
@by_channel
def test_near_a_border_the_side_is_asked(channel: Traits) -> None:
    """Mutation: taking the nearest country; forgetting the kind of help on the way."""
    for start, after in (("services.where", "services.kind"), ("services.results", "services.results")):
        play = standing(start, channel, slots=FILLED if start == "services.results" else {})
        play.shares(CUCUTA, SAN_CRISTOBAL_VE)
        assert play.here == "services.side"
        sides = [option.label for option in play.screen.options if option.id.startswith("#")]
        assert sides == [Country("CO"), Country("VE")]
        play.says("2")
        assert (play.session.slot("country"), play.session.slot("place")) == ("VE", SAN_CRISTOBAL_VE.id)
        assert play.here == after
    assert standing("services.side", channel, slots={"candidates": (1, 2)}).says("6").here == "services.where"


@by_channel
def test_a_name_with_several_homes_is_asked_about(channel: Traits) -> None:
    """Mutation: taking the biggest; homes that cannot be told apart."""
    for screen in ("services.where", "services.town", "start.menu", "services.next"):
        play = standing(screen, channel, slots={}).says("san cristobal")
        assert play.here == "services.which"
        homes = [wording().say("es", option.label) for option in play.screen.options if option.id.startswith("#")]
        assert 2 <= len(homes) <= 4
        assert len(set(homes)) == len(homes)
        assert any("Chiapas" in home for home in homes) and any("Táchira" in home for home in homes)
        assert play.says("San Cristóbal, Chiapas, México").session.slot("place") == 3
    assert standing("services.which", channel).says("6").here == "services.where"
    uncertain = standing("services.where", channel, slots={}).says("cucutta")
    assert uncertain.here == "services.which", "an inexact match is confirmed"


@by_channel
def test_a_place_outside_the_network_is_said_to_be_outside(channel: Traits) -> None:
    """Mutation: the nearest covered country instead of an honest answer."""
    for lang in LANGS:
        play = standing("services.where", channel, lang, slots={}).says("panama")
        assert play.here == "services.outside"
        text = wording().say(lang, play.screen.parts[0])
        assert country_name(lang, "PA") in text and "14" in text
        assert {option.id for option in play.screen.options} >= {"where", "person"}
    nowhere = standing("services.where", channel, slots={}).shares()
    assert "services.outside.unknown" in nowhere.ids
    assert standing("start.menu", channel).shares(outside="PA").here == "services.outside"


# --- S-9 -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-9")
@by_channel
def test_the_line_about_free_help_ends_every_list_and_on_sms_the_first_of_a_search(channel: Traits) -> None:
    """Mutation: only the first list of a conversation; none beyond the border."""
    play = standing("services.kind", channel).picks("health")
    assert play.screen.parts[-1] == Phrase("services.help_is_free")
    play.says("7")
    assert ("services.help_is_free" in play.ids) == (channel is not SMS)
    assert "services.help_is_free" in play.says("5").picks("legal").ids
    assert "services.help_is_free" in play.says("4", "tapachula").ids
    assert {9} <= {option.digit for option in play.screen.options}


# --- E-9, E-10, over all topics --------------------------------------------------------------------------------------

KNOWN = (Phrase, Data, Country, Km, Day, Clock, Opening, Zone, Language, Listing, Aside, Choices, int)
#: ``answer`` is what a person on duty typed; ``draft.number`` the last digits of what this person did.
SOURCES = (
    "answer", "draft.number", "organisation", "complaint.organisation", "code", "notice.title", "notice.label", "notice.text",
    "place", "iso", "helpline", "helpline.name",
    "complaint_channel.organisation", "complaint_channel.value", "complaint_channel.address",
    *(f"service.{field}" for field in ("name", "short_name", "phone", "address", "municipality", "text", "url", "report_to")),
)  # fmt: skip


def every_screen():
    """What is drawn on every screen: as it stands, behind the numbers, behind a card, when nothing was understood."""
    for screen, channel, lang in everywhere():
        for text in ("", "9", "quiero morir", "me pide sexo", "xyzzy"):
            play = standing(screen, channel, lang)
            yield screen, (play.says(text).screen if text else drawn(play))


@pytest.mark.requirement("E-9")
def test_every_part_of_every_screen_is_a_reviewed_entry_or_a_field_of_the_directory() -> None:
    """Nothing else can reach a person. Mutation: a string, a formatted number or a typed word as a part."""
    reviewed = set(texts(GRAPH))
    for screen, seen in every_screen():
        for value in flat((*seen.parts, *(option.label for option in seen.options))):
            assert isinstance(value, KNOWN), (screen, type(value))
            if isinstance(value, Phrase):
                assert value.id in reviewed, value.id
                for inner in value.params.values():
                    assert not isinstance(inner, str), (screen, value.id)
            if isinstance(value, Data):
                assert value.source in SOURCES, value.source


@pytest.mark.requirement("E-9")
@settings(max_examples=80)
@given(st.text(min_size=4, max_size=30), st.sampled_from(SCREENS))
def test_what_a_person_types_is_never_in_an_answer(text: str, screen: str) -> None:
    """Mutation: repeating an unknown name in the question which place is meant."""
    canary = f"zarza{text}parrilla"
    play = standing(screen).says(canary)
    assert play.turn is not None and play.turn.screen is not None
    for field in data((*play.screen.parts, *(option.label for option in play.screen.options))):
        assert "zarza" not in field.text
    assert b"zarza" not in msgspec.msgpack.encode(play.session)


#: Questions, and the option that passes them by. Language and country are asked without one (E-10).
SKIPS = {
    "services.share": "typed",
    "services.town": "whole",
    "services.which": "none",
    "services.side": "skip",
    "services.kind": "other",
    "services.outside": "where",
    "heard.which": "none",
    **dict.fromkeys(("code.safe", "code.known", "relay.safe"), "no"),
    **dict.fromkeys(("code.ask", "code.wrong", "code.again", "code.busy", "code.wait"), "lost"),
    **dict.fromkeys(
        (
            "code.note", "code.note_long", "code.identifying",
            "code.change", "code.zone", "code.windows", "code.way", "code.number", "code.number_bad",
            "code.card", "code.times", "code.consents", "code.rate",
        ),
        "skip",
    ),
    **dict.fromkeys(("code.abroad", "code.abroad_duty", "code.abroad_ok", "code.home", "code.contest", "code.withdraw"), "no"),
    "code.confirm": "none",
    "complaint.kind": "how",
    "complaint.safe": "no",
    "complaint.what": "another",
    **dict.fromkeys(("complaint.told", "complaint.meant", "complaint.paper", "complaint.round"), "skip"),
    "complaint.intro": "stop",
    "complaint.who": "unknown",
    **dict.fromkeys(("complaint.check", "complaint.as_conduct"), "stop"),
    **dict.fromkeys(
        (
            *(
                f"complaint.{name}"
                for name in (
                    "other", "matter", "which", "happened", "spot", "spot_unknown", "which_spot", "when", "danger", "child",
                    "helped", "answered", "note", "note_long", "identifying",
                )
            ),
            "code.complaint_note", "code.complaint_long", "code.complaint_identifying",
        ),
        "skip",
    ),
    **dict.fromkeys(("code.complaint_contest", "code.complaint_withdraw"), "no"),
    "notices.rumours": "ask",
}  # fmt: skip
LANGUAGE_OR_COUNTRY = {
    "start.hello", "start.foreign", "start.settings", "services.where", "services.next", "person.where", "feedback.where",
    "complaint.where", "notices.where", "notices.changes",
}  # fmt: skip
NO_QUESTION = {
    "start.menu", "start.extra", "start.other_languages", "heard.leave", "services.results", "services.nothing", "services.no_more",
    "services.details", "services.further", "person.lines", "feedback.channels", "feedback.channel",
    "basics.where_to_ask", "privacy.answer",
    "privacy.phone", "privacy.request", "privacy.complaint", "rights.asylum", "rights.daily", "rights.respect",
    *(
        f"code.{name}"
        for name in (
            "status", "answer", "noted", "changed", "consented", "abroad_done", "contested", "rated", "withdrawn", "lost",
            "not_saved",
        )
    ),
    *(f"code.complaint{name}" for name in ("", "_answer", "_noted", "_full", "_contested", "_withdrawn")),
    *(
        f"complaint.{name}"
        for name in ("nobody", "thanked", "target", "readers", "help", "numbers", "stopped", "done", "not_saved", "busy")
    ),
    "notices.rumour", "notices.changed",
    *(f"relay.{name}" for name in ("open", "passed", "long", "not_yet", "not_saved", "choices", "closed", "ended")),
}  # fmt: skip


@pytest.mark.requirement("E-10")
@by_channel
def test_every_question_but_language_and_country_can_be_passed_by(channel: Traits) -> None:
    """The questions of a request are walked in its own tests. Mutation: a question without a skip, or a skip that leads back to the
    same question."""
    asked = {screen for screen in SCREENS if not screen.startswith("request.")}
    assert asked == set(SKIPS) | LANGUAGE_OR_COUNTRY | NO_QUESTION, "say of a new screen what it asks"
    for screen, option in SKIPS.items():
        play = standing(screen, channel)
        assert option in {one.id for one in drawn(play).options}, screen
        play.does(Chose(option))
        assert play.here != screen
        assert not any(id.startswith("unclear.") for id in play.ids)


@pytest.mark.requirement("E-10")
@by_channel
def test_something_else_reaches_people_from_every_answer_and_every_question_what_for(channel: Traits) -> None:
    """Mutation: a list, or an empty one, from which nobody can be reached."""
    for screen in (
        "services.kind", "services.results", "services.nothing", "services.no_more", "services.details", "services.outside",
        "rights.asylum", "basics.where_to_ask", "feedback.channels", "start.menu",
    ):  # fmt: skip
        play = standing(screen, channel)
        digit = "2" if screen == "start.menu" else "6"
        assert play.says(digit).here == "person.where", screen
        play.says("brasil")  # nobody is on duty there
        assert play.here == "person.lines"
        assert "helpline.line" in play.ids
        assert "person.office" in play.ids


def test_the_places_of_these_tests_are_where_they_are_said_to_be() -> None:
    assert {place.country for place in PLACES} <= set(COUNTRIES)
    assert TAPACHULA.country == "MX"
    assert Query(country="CO").limit == services.TARGET
