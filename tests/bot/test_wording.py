"""Values in words: hours, days, distances, names, fields of the directory."""

from __future__ import annotations

from datetime import date

import pytest

from bot.wording import SMS_FIELD, ContentError, clipped, country_name, hours, placeholders
from flows.facts import COUNTRIES, LANGS, Hours
from flows.kernel import Aside, Country, Data, Day, Km, Language, Listing, Opening, Phrase
from tests.flows.world import wording

ZONE = "America/Bogota"


def week(*spans: tuple[int, int, int]) -> Hours:
    return Hours(zone=ZONE, weekly=spans)


WORKDAYS = tuple((day, 480, 960) for day in range(5))


@pytest.mark.requirement("S-5")
@pytest.mark.parametrize(
    ("opening", "es", "en", "pt"),
    [
        (week(*WORKDAYS), "lun-vie 8:00-16:00", "Mon-Fri 8am-4pm", "seg-sex 8:00-16:00"),
        (week((5, 570, 750)), "sáb 9:30-12:30", "Sat 9:30am-12:30pm", "sáb 9:30-12:30"),
        (week((6, 1320, 1800)), "dom 22:00-6:00", "Sun 10pm-6am", "dom 22:00-6:00"),
        (week((0, 0, 1440)), "lun 0:00-0:00", "Mon 12am-12am", "seg 0:00-0:00"),
        (
            week((0, 480, 720), (0, 840, 1080)),
            "lun 8:00-12:00, 14:00-18:00",
            "Mon 8am-12pm, 2pm-6pm",
            "seg 8:00-12:00, 14:00-18:00",
        ),
        (
            week((0, 480, 960), (1, 480, 960), (2, 540, 960), (4, 540, 960)),
            "lun-mar 8:00-16:00; mié 9:00-16:00; vie 9:00-16:00",
            "Mon-Tue 8am-4pm; Wed 9am-4pm; Fri 9am-4pm",
            "seg-ter 8:00-16:00; qua 9:00-16:00; sex 9:00-16:00",
        ),
        (
            week((2, 540, 960), (0, 480, 960), (1, 480, 960)),
            "lun-mar 8:00-16:00; mié 9:00-16:00",
            "Mon-Tue 8am-4pm; Wed 9am-4pm",
            "seg-ter 8:00-16:00; qua 9:00-16:00",
        ),
    ],
)
def test_hours_are_said_by_day_also_past_midnight(opening: Hours, es: str, en: str, pt: str) -> None:
    """Days with the same hours together, in the order of the week. Mutation: joining days that do not follow each other; 30:00
    for six in the morning; AM for noon."""
    assert wording().say("es", Opening(opening)) == es
    assert wording().say("en", Opening(opening)) == en
    assert wording().say("pt", Opening(opening)) == pt


def test_hours_hold_no_letter_that_an_sms_cannot_carry_cheaply() -> None:
    """Mutation: the calendar's own short format, whose narrow no-break space makes every English SMS twice as long."""
    for lang in LANGS:
        text = hours(lang, week(*((day, 450 + day, 1015) for day in range(7))))
        assert "\u202f" not in text and "\xa0" not in text and "–" not in text
        assert text.count(";") == 6


def test_days_and_distances_are_said_as_in_each_language() -> None:
    """Mutation: one format for all."""
    day = Day(date(2026, 9, 3))
    assert [wording().say(lang, day) for lang in LANGS] == ["3 de septiembre de 2026", "September 3, 2026", "3 de setembro de 2026"]
    assert [wording().say(lang, day, "sms") for lang in LANGS] == ["3 sept 2026", "Sep 3, 2026", "3 de set. de 2026"]
    assert {wording().say(lang, Km(12.0)) for lang in LANGS} == {"12 km"}


@pytest.mark.requirement("S-8")
def test_a_distance_shows_no_fraction() -> None:
    """Mutation: one digit behind the point."""
    assert wording().say("es", Km(3.4)) == "3 km"


def test_countries_and_languages_have_names_in_every_language() -> None:
    """Mutation: a code where a name is missing."""
    for lang in LANGS:
        names = [country_name(lang, code) for code in COUNTRIES]
        assert len(set(names)) == 14
        assert not set(names) & set(COUNTRIES)
        for code in ("es", "en", "pt", "fr", "ht", "qu", "ay"):
            assert wording().say(lang, Language(code)) != code
    assert country_name("es", "US") == "Estados Unidos"
    assert wording().say("pt", Country("PA")) == "Panamá"


def test_values_of_a_list_stand_in_a_line_or_each_on_its_own() -> None:
    """Mutation: one form for both."""
    items = (Data("place", "Uno"), Data("place", "Dos"), 3)
    assert wording().say("es", Listing(items)) == "Uno, Dos, 3"
    assert wording().say("es", Listing(items, lines=True)) == "Uno\nDos\n3"
    assert wording().say("es", Aside(Listing(items))) == "Uno, Dos, 3"
    with pytest.raises(TypeError, match="str cannot be said"):
        wording().say("es", "words from nowhere")


@pytest.mark.requirement("L-2")
def test_fields_of_the_directory_are_one_line_and_cut_on_sms() -> None:
    """Mutation: cutting in a word, or on every channel."""
    long = "Organización de Acompañamiento a Personas en Movilidad y Comunidades de Acogida"
    assert wording().say("es", Data("service.name", f" {long}\n\tdel  Norte ")) == f"{long} del Norte"
    short = wording().say("es", Data("service.name", long), "sms")
    assert len(short) <= SMS_FIELD and short.endswith("...")
    assert long.startswith(short[:-3])
    assert long[len(short) - 3] == " ", "cut between words"
    assert clipped("corto", 10) == "corto"
    assert clipped("x" * 30, 10) == "x" * 7 + "..."
    # What a place offers may take more of the message.
    assert len(wording().say("es", Data("service.text", long * 3), "sms")) > SMS_FIELD


def test_a_short_form_is_used_on_sms_only_and_a_full_one_where_there_is_none() -> None:
    """Mutation: the short form everywhere."""
    assert wording().say("es", Phrase("nav.leave")) == "Salir y borrar"
    assert wording().say("es", Phrase("nav.leave"), "sms") == "Salir"
    assert wording().say("es", Phrase("services.town.whole"), "sms") == wording().say("es", Phrase("services.town.whole"))


def test_an_entry_that_is_missing_is_named() -> None:
    """Mutation: showing the id to a person."""
    with pytest.raises(ContentError, match=r"nobody\.wrote\.this.*content/pt"):
        wording().say("pt", Phrase("nobody.wrote.this"))
    assert placeholders("{a} and {b_c} and {D}") == {"a", "b_c"}


def test_what_a_field_says_is_never_taken_for_a_placeholder() -> None:
    """Mutation: filling templates twice."""
    said = wording().say("es", Phrase("service.text", {"text": Data("service.text", "{minutes} {facts} %s")}))
    assert said == "{minutes} {facts} %s"
