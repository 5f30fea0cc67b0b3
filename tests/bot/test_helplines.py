"""Helplines: dated numbers, chosen by clock and calendar; nothing unchecked slips in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.helplines import BLOCKED, NOTES, PURPOSES, HelplineBook, HelplineError, Record
from bot.helplines import _hours as helplines_hours
from flows.crisis import LINES
from flows.facts import COUNTRIES, SETTLING, Purpose

BOOK = HelplineBook.load()
DAY = datetime(2026, 11, 24, 15, 0, tzinfo=UTC).timestamp()  # a Tuesday at noon in Santiago
NIGHT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC).timestamp()  # four in the morning there
FIRST, LAST = datetime(2026, 11, 21, tzinfo=UTC).timestamp(), datetime(2027, 11, 20, tzinfo=UTC).timestamp()


def numbers(country: str, *purposes: Purpose, now: float = DAY) -> list[str]:
    return [line.number for line in BOOK.lines(country, purposes, now)]


@pytest.mark.requirement("E-5")
@pytest.mark.requirement("S-10")
@given(
    country=st.sampled_from(COUNTRIES),
    purposes=st.lists(st.sampled_from(PURPOSES), min_size=1, unique=True),
    now=st.floats(FIRST, LAST),
)
def test_there_is_a_valid_number_for_everybody_at_every_hour(country: str, purposes: list[Purpose], now: float) -> None:
    """Mutation: dropping the emergency line that stands in, or the test of ``expires_on``, or offering closed lines."""
    lines = BOOK.lines(country, tuple(purposes), now)
    assert lines
    assert len({line.number for line in lines}) == len(lines)
    assert all(line.operator != "migration" and line.open_now is not False for line in lines)
    assert all(not line.confirmed for line in lines), "nobody has confirmed any number yet"
    expires = {(r.country, r.number): r.expires_on for r in BOOK.records()}
    today = datetime.fromtimestamp(now, UTC).date()
    for line in lines:
        assert line.country == country
        assert (expires[country, line.number] - today).days >= -1 or line.note == "helpline.note.old"
        assert line.note in ("", *NOTES)


@pytest.mark.requirement("S-10")
def test_hours_shrink_to_the_next_line_that_answers() -> None:
    """Mutation: ignoring hours, or reading them in UTC instead of the line's own zone."""
    assert numbers("CL", "women")[0] == "1455"
    (instead,) = BOOK.lines("CL", ("women",), NIGHT)
    assert (instead.number, instead.purpose, instead.note) == ("133", "emergency", "helpline.note.instead")
    # 1455 opens at 08:00 in Santiago, which is 11:00 UTC in November
    at = lambda hour, minute: datetime(2026, 11, 24, hour, minute, tzinfo=UTC).timestamp()  # noqa: E731
    assert numbers("CL", "women", now=at(10, 59)) == ["133"]
    assert "1455" in numbers("CL", "women", now=at(11, 0))
    assert "1455" in numbers("CL", "women", now=datetime(2026, 11, 28, 2, 59, tzinfo=UTC).timestamp())  # Friday 23:59
    assert "1455" not in numbers("CL", "women", now=datetime(2026, 11, 28, 3, 0, tzinfo=UTC).timestamp())  # Saturday 00:00


@pytest.mark.requirement("S-10")
def test_an_expired_number_gives_way_to_the_general_one() -> None:
    """Mutation: showing a number after ``expires_on``."""
    before = datetime(2027, 5, 21, 12, tzinfo=UTC).timestamp()
    after = datetime(2027, 5, 23, 12, tzinfo=UTC).timestamp()
    assert numbers("GT", "women", now=before) == ["1572"]
    (instead,) = BOOK.lines("GT", ("women",), after)
    assert (instead.number, instead.note) == ("110", "helpline.note.instead")


@pytest.mark.requirement("E-5")
def test_the_emergency_number_outlives_its_date_with_a_label() -> None:
    """Mutation: an empty card once the file has grown old."""
    later = datetime(2031, 1, 1, tzinfo=UTC).timestamp()
    for country in COUNTRIES:
        lines = BOOK.lines(country, ("emergency", "women", "children"), later)
        assert [line.purpose for line in lines] == ["emergency"]
        assert (lines[0].note, lines[0].confirmed) == ("helpline.note.old", False)


@pytest.mark.requirement("E-5")
def test_the_short_card_covers_every_country_once() -> None:
    """Mutation: leaving out the countries whose number is not 911."""
    card = BOOK.everywhere()
    assert sorted(code for _, codes in card for code in codes) == sorted(COUNTRIES)
    assert card[0] == ("911", ("VE", "EC", "MX", "HN", "SV", "CR", "US", "DO"))
    assert {number for number, _ in card} == {"911", "110", "123", "105", "190/192", "133/131", "999"}


@pytest.mark.requirement("S-6")
def test_marks_of_police_and_migration() -> None:
    """Mutation: taking an operator from the file as civil by default."""
    assert all(line.operator == "police" for c in COUNTRIES for line in BOOK.lines(c, ("emergency",), DAY))
    (children,) = BOOK.lines("CL", ("children",), DAY)
    assert (children.number, children.operator) == ("147", "police")
    assert BOOK.lines("CR", ("emergency",), DAY)[0].note == "helpline.note.migration_reports"
    assert BOOK.lines("US", ("trafficking",), DAY)[0].note == "helpline.note.shares_with_police"
    assert BOOK.lines("PE", ("emergency",), DAY)[-1].note == "helpline.note.geolocates"
    assert numbers("PE", "emergency") == ["105", "911"], "the one that does not geolocate comes first"


@pytest.mark.requirement("S-6")
def test_no_blocked_number_is_in_the_book() -> None:
    """Mutation: an empty block-list."""
    digits = {(r.country, "".join(c for c in n if c.isdigit())) for r in BOOK.records() for n in (r.number, r.text_to)}
    assert not any("8663472423" in d for _, d in digits)
    assert ("CL", "134") not in digits
    assert {bad for _, bad in BLOCKED} == {"8663472423", "134"}


def test_several_purposes_give_one_line_each_and_one_purpose_gives_all() -> None:
    """Mutation: a card of nine numbers in an SMS."""
    assert numbers("HN", "emergency", "trafficking", "crisis") == ["911", "145", "150"]
    assert numbers("HN", "trafficking") == ["145", "3399-4699", "8990-5187"]
    assert numbers("TT", "emergency", "ambulance", "fire") == ["999", "990"]
    assert numbers("CO", "legal") == ["123"]
    assert BOOK.lines("PA", ("emergency",), DAY) == []


GOOD = {
    "country": '"MX"',
    "purpose": '"women"',
    "number": '"079"',
    "operator": '"civil"',
    "source": '"a page"',
    "seen_on": "2026-11-21",
    "expires_on": "2027-11-21",
    "status": '"unconfirmed"',
}
CHECK = {
    "status": '"confirmed"',
    "verified_on": "2026-11-22",
    "verified_by": '"helpline editor"',
    "second_checker": '"focal point MX"',
}

SETTLES = {"purpose": '"ombudsperson"', "name": '"Defensoría"'}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., HelplineBook]:
    def _load(changes: dict[str, str | None], *, days: int = 180) -> HelplineBook:
        entry = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
        rest = [
            {**GOOD, "country": f'"{c}"', "purpose": '"emergency"', "number": '"911"', "operator": '"police"'}
            for c in COUNTRIES
            if (entry["country"], entry["purpose"]) != (f'"{c}"', '"emergency"')
        ]
        path = tmp_path / "lines.toml"
        path.write_text("".join("[[line]]\n" + "".join(f"{k} = {v}\n" for k, v in e.items()) for e in (entry, *rest)), "utf-8")
        return HelplineBook.load(path, due_days=days)

    return _load


@pytest.mark.requirement("S-10")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"source": None}, "source"),
        ({"source": '" "'}, "source"),
        ({"seen_on": None}, "seen_on"),
        ({"expires_on": None}, "expires_on"),
        ({"expires_on": "2026-11-20"}, "expires before"),
        ({"status": '"confirmed"'}, "second_checker"),
        ({**CHECK, "second_checker": None}, "second_checker"),
        ({**CHECK, "second_checker": '"helpline editor"'}, "are the same"),
        ({**CHECK, "verified_on": None}, "verified_on"),
        ({**CHECK, "verified_on": "2026-11-01"}, "before it was seen"),
        ({**CHECK, "status": '"unconfirmed"'}, "unconfirmed"),
        ({"number": '"1-866-347-2423"'}, "never be shown"),
        ({"number": '"+1 866 347 2423"'}, "never be shown"),
        ({"text_to": '"8663472423"'}, "never be shown"),
        ({"country": '"CL"', "number": '"134"'}, "never be shown"),
        ({"number": '"call us"'}, "cannot be dialled"),
        ({"country": '"PA"'}, "not one of the fourteen"),
        ({"purpose": '"lottery"'}, "purpose"),
        ({"operator": '"friendly"'}, "operator"),
        ({"note": '"helpline.note.unheard_of"'}, "NOTES"),
        ({"hours": '"Mon-Fri 08:00-24:00"'}, "IANA"),
        ({"hours": '"weekdays"', "zone": '"America/Mexico_City"'}, "Mon-Fri"),
        ({"hours": '"Mon 25:00-26:00"', "zone": '"America/Mexico_City"'}, "00:00 to 24:00"),
        ({"colour": '"red"'}, "colour"),
        ({"name": '"Línea"'}, "run_by"),
        ({"purpose": '"consumer"'}, "needs the `name`"),
        ({"purpose": '"labour"', "name": '" "'}, "needs the `name`"),
        ({**SETTLES, "operator": '"police"'}, "out of scope"),
        ({**SETTLES, "operator": '"migration"'}, "out of scope"),
        ({**SETTLES, "hours": '"Mon-Fri 08:00-16:00"', "zone": '"America/Mexico_City"'}, "closed"),
    ],
)
def test_a_record_that_nobody_could_check_is_refused(
    load: Callable[..., HelplineBook], changes: dict[str, str | None], says: str
) -> None:
    """Mutation: any of the checks in ``_problem`` or ``_settling_problem`` left out."""
    with pytest.raises(HelplineError) as caught:
        load(changes)
    message = str(caught.value)
    assert says in message
    assert "lines.toml" in message and "record 1" in message


def test_a_file_without_an_emergency_number_is_refused(tmp_path: Path) -> None:
    """Mutation: taking the file as it comes."""
    path = tmp_path / "lines.toml"
    path.write_text("", "utf-8")
    with pytest.raises(HelplineError, match="CO has no emergency number"):
        HelplineBook.load(path)
    path.write_text("[[line]\n", "utf-8")
    with pytest.raises(HelplineError, match="not readable as TOML"):
        HelplineBook.load(path)


@pytest.mark.requirement("S-10")
def test_a_confirmation_lapses(load: Callable[..., HelplineBook]) -> None:
    """Mutation: ``confirmed`` read from the status alone."""
    book = load(dict(CHECK))
    at = lambda *when: datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc]  # noqa: E731
    assert book.lines("MX", ("women",), at(2026, 12, 1))[0].confirmed
    assert not book.lines("MX", ("women",), at(2027, 6, 1))[0].confirmed


def test_migration_lines_are_never_offered(load: Callable[..., HelplineBook]) -> None:
    """Mutation: dropping the test of the operator."""
    book = load({"operator": '"migration"'})
    assert [line.number for line in book.lines("MX", ("women",), DAY)] == ["911"]


def test_hours_past_midnight(load: Callable[..., HelplineBook]) -> None:
    """Mutation: closing at midnight whatever the hours say."""
    book = load({"hours": '"Fri-Sat 20:00-02:00, Sun 10:00-12:00"', "zone": '"America/Mexico_City"'})
    at = lambda day, hour: datetime(2026, 11, day, hour + 6, tzinfo=UTC).timestamp()  # noqa: E731 - Mexico City is at UTC-6
    shown = {(day, hour): book.lines("MX", ("women",), at(day, hour))[0].number for day in (26, 27, 28, 29) for hour in (1, 11, 17)}
    assert {when for when, number in shown.items() if number == "079"} == {(28, 1), (29, 1), (29, 11)}
    assert book.lines("MX", ("women",), datetime(2026, 11, 28, 2, tzinfo=UTC).timestamp())[0].number == "079"  # Friday 20:00


@pytest.mark.requirement("S-10")
def test_the_doctor_hears_of_numbers_that_nobody_confirmed(load: Callable[..., HelplineBook]) -> None:
    """Mutation: counting a number as confirmed for ever; leaving out the number for text messages."""
    assert set(BOOK.unconfirmed(COUNTRIES, date(2026, 11, 22))) == set(COUNTRIES)
    book = load({**CHECK, "purpose": '"emergency"', "number": '"911"', "text_to": '"55 1234 5678"'})
    assert "MX" not in book.unconfirmed(COUNTRIES, date(2026, 12, 1))
    assert book.unconfirmed(["MX"], date(2027, 8, 1)) == {"MX": ["911", "55 1234 5678"]}


def confirmed(records: list[Record], *, but: tuple[Record, ...] = (), on: date) -> HelplineBook:
    """A book with these records, each confirmed that day by two roles except some."""
    replaced = [
        r if r in but else msgspec.structs.replace(r, status="confirmed", verified_on=on, verified_by="a", second_checker="b")
        for r in records
    ]
    return HelplineBook([(r, helplines_hours(r)) for r in replaced])


@pytest.mark.requirement("S-10")
@pytest.mark.requirement("E-5")
@given(data=st.data(), hour=st.integers(0, 167))
def test_what_the_doctor_accepts_is_all_that_any_card_shows(data: st.DataObject, hour: int) -> None:
    """Whatever is not confirmed on a card at some hour, the doctor names.

    Mutation: looking at the first emergency number only; leaving out ambulances with ``card``, a purpose, closed hours.
    """
    records = BOOK.records()
    first = date(2026, 11, 21)
    but = tuple(data.draw(st.lists(st.sampled_from(records), max_size=3)))
    book = confirmed(records, but=but, on=first)
    named = book.unconfirmed(COUNTRIES, first)
    assert {country for country in named} == {r.country for r in but if r.operator != "migration"}
    now = datetime(2026, 11, 21, tzinfo=UTC).timestamp() + hour * 3600
    cards = [*LINES.values(), ("emergency", "ambulance", "women", "children"), ("crisis", "women", "children", "refugee", "legal")]
    for country in COUNTRIES:
        for purposes in cards:
            for line in book.lines(country, purposes, now):
                assert line.confirmed or line.number in named[country]
    for number, countries in book.everywhere():
        for country in countries:
            for part in number.split("/"):
                sure = [r.status == "confirmed" for r in book.records() if (r.country, r.number) == (country, part)]
                assert (sure and all(sure)) or part in named.get(country, ())


@pytest.mark.requirement("S-10")
def test_an_old_number_that_is_shown_all_the_same_needs_its_check() -> None:
    """The short card of all countries shows its numbers however old they are; others past their date are shown nowhere.

    Mutation: passing over everything that is past its date.
    """
    book = confirmed(BOOK.records(), on=date(2026, 11, 21))
    later = date(2030, 1, 1)
    shown = {part for number, countries in book.everywhere() if "BR" in countries for part in number.split("/")}
    assert len(shown) > 1 and set(book.unconfirmed(["BR"], later)["BR"]) == shown


@pytest.mark.requirement("S-10")
def test_the_limits_of_the_deployment_count() -> None:
    """Mutation: a doctor with limits of its own."""
    book = confirmed(BOOK.records(), on=date(2026, 11, 21))
    assert book.unconfirmed(COUNTRIES, date(2027, 3, 1)) == {}
    strict = HelplineBook([(r, helplines_hours(r)) for r in book.records()], due_days=30)
    assert set(strict.unconfirmed(COUNTRIES, date(2027, 3, 1))) == set(COUNTRIES)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HelplineError, match=r"nowhere\.toml: cannot be read"):
        HelplineBook.load(tmp_path / "nowhere.toml")


def test_every_record_is_an_unconfirmed_candidate_with_a_known_note() -> None:
    """Mutation: a number marked as confirmed although nobody has dialled it."""
    records = BOOK.records()
    assert {r.status for r in records} == {"unconfirmed"}
    assert {r.note for r in records} <= {"", *NOTES}
    assert {r.country for r in records} == set(COUNTRIES)
    assert len(set(NOTES)) == len(NOTES)


@pytest.mark.requirement("C-10")
def test_who_settles_a_matter_is_given_by_name_at_every_hour(load: Callable[..., HelplineBook]) -> None:
    """Mutation: the name left in the file; the police as a stand-in that bears the institution's purpose."""
    (line,) = load(SETTLES).lines("MX", ("ombudsperson",), NIGHT)
    assert (line.name, line.purpose, line.confirmed) == ("Defensoría", "ombudsperson", False)
    (instead,) = load({}).lines("MX", ("ombudsperson",), DAY)
    assert (instead.purpose, instead.name) == ("emergency", "")


@pytest.mark.requirement("C-10")
def test_what_nobody_read_on_a_page_says_so_and_old_pages_expire_sooner() -> None:
    """Mutation: a year for a page of 2013; a source that says nothing."""
    for record in BOOK.records():
        if record.purpose in SETTLING:
            assert record.source.startswith("general knowledge of the institution, no page read") or "." in record.source.split()[0]
            assert (record.expires_on == date(2027, 5, 21)) == (0 < record.page_year < 2022), record.number
