"""What is typed into the forms of the roster: rows exactly as meant, or every fault beside its field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.roster import drafts
from bot.roster.drafts import ChangeDraft, Faulty, ShiftDraft
from bot.roster.duty import Change, Weekly
from tests.bot.roster.world import NOW, at, extra, member, off, uid, weekly

ANA = member("ana", has_key=False)
SUP = member("sup", roles=("supervisor",))
PEOPLE = {each.id.hex: each for each in (ANA, SUP)}
SHIFT = ShiftDraft(ANA.id.hex, "primary", ("0", "4"), "20:00", "08:00", "America/Bogota", "norte", "2026-12-01", "2026-12-31")
OFF = ChangeDraft("off", ANA.id.hex, "America/Bogota", "2026-12-24", "2026-12-26")
EXTRA = ChangeDraft("extra", ANA.id.hex, "America/Bogota", "2026-12-24", "", "20:00", "06:00", "backup")


def shift_faults(**said: object) -> dict[str, str]:
    with pytest.raises(Faulty) as caught:
        drafts.shifts(SHIFT._replace(**said), "CO", PEOPLE)  # type: ignore[arg-type]
    return dict(caught.value.faults)


def change_faults(draft: ChangeDraft, **said: object) -> dict[str, str]:
    with pytest.raises(Faulty) as caught:
        drafts.change(draft._replace(**said), "CO", PEOPLE, NOW)  # type: ignore[arg-type]
    return dict(caught.value.faults)


def test_a_shift_for_each_day_past_midnight() -> None:
    """Also of an account that has no key yet. Mutation: an end before its beginning; one row for all days."""
    rows = drafts.shifts(SHIFT, "CO", PEOPLE)
    assert [row[1:] for row in rows] == [
        (ANA.id, "CO", "primary", day, 1200, 480 + 1440, "America/Bogota", date(2026, 12, 1), date(2026, 12, 31), "norte")
        for day in (0, 4)
    ]
    assert len({row.id for row in rows}) == 2
    assert drafts.shifts(SHIFT._replace(days=("3",)), "CO", PEOPLE, [uid("known")])[0].id == uid("known")


@pytest.mark.parametrize(("opens", "closes", "length"), [("00:00", "00:00", 1440), ("08:00", "07:59", 1439), ("08:00", "08:01", 1)])
def test_how_long_a_shift_lasts(opens: str, closes: str, length: int) -> None:
    """Mutation: ``<`` instead of ``<=``: the same time would be nothing instead of 24 hours."""
    (row,) = drafts.shifts(SHIFT._replace(days=("0",), opens=opens, closes=closes), "CO", PEOPLE)
    assert row.closes - row.opens == length


def test_every_fault_of_a_shift_stands_at_its_field() -> None:
    """Mutation: stopping at the first; a fault at another field than the one that has to be mended."""
    wrong = {
        "account": "", "duty": "boss", "days": (), "opens": "8", "closes": "24:00", "zone": "Bogota", "area": "x" * 61,
        "valid_from": "tomorrow", "valid_until": "1999-01-01",
    }  # fmt: skip
    assert shift_faults(**wrong) == {
        "account": "account", "duty": "duty", "days": "days", "opens": "clock", "closes": "clock", "zone": "zone", "area": "area",
        "valid_from": "day", "valid_until": "day",
    }  # fmt: skip


def test_a_duty_needs_its_role_and_a_shift_an_end_after_its_beginning() -> None:
    """Mutation: comparing the role with another country's accounts; allowing what never holds."""
    assert shift_faults(duty="child") == {"duty": "role"}
    assert shift_faults(account=SUP.id.hex) == {"duty": "role"}
    assert shift_faults(valid_until="2026-11-30") == {"valid_until": "order"}
    assert shift_faults(days=("0", "7")) == {"days": "days"}


def test_whole_days_away_end_with_the_last_of_them() -> None:
    """In the time of the place. Mutation: the last day left out; UTC instead of the zone."""
    row = drafts.change(OFF, "CO", PEOPLE, NOW)
    assert (row.begins_at, row.ends_at) == (at(2026, 12, 24, 5), at(2026, 12, 27, 5))
    assert (row.what, row.staff_id, row.country, row.duty) == ("off", ANA.id, "", "")
    one = drafts.change(OFF._replace(ends_day=""), "CO", PEOPLE, NOW)
    assert one.ends_at - one.begins_at == timedelta(days=1)
    some = drafts.change(OFF._replace(begins_clock="09:00", ends_day="", ends_clock="11:00"), "CO", PEOPLE, NOW)
    assert (some.begins_at, some.ends_at) == (at(2026, 12, 24, 14), at(2026, 12, 24, 16))


def test_an_extra_shift_may_end_on_the_next_day() -> None:
    """Mutation: refusing a night, or adding a day where one was said."""
    row = drafts.change(EXTRA, "CO", PEOPLE, NOW)
    assert (row.begins_at, row.ends_at, row.country, row.duty) == (at(2026, 12, 25, 1), at(2026, 12, 25, 11), "CO", "backup")
    assert change_faults(EXTRA, ends_day="2026-12-24") == {"ends_clock": "order"}


def test_every_fault_of_a_change_stands_at_its_field() -> None:
    """Mutation: an extra shift without hours; one that is over."""
    assert change_faults(EXTRA, begins_clock="", ends_clock="", begins_day="", duty="child") == {
        "begins_clock": "clock", "ends_clock": "clock", "begins_day": "day", "duty": "role",
    }  # fmt: skip
    assert change_faults(OFF, account=uid("nobody").hex, zone="") == {"account": "account", "zone": "zone"}
    assert change_faults(OFF, ends_day="2026-12-23") == {"ends_day": "order"}
    assert change_faults(OFF, ends_day="2028-01-01") == {"ends_day": "long"}
    assert change_faults(OFF, begins_day="2026-11-01", ends_day="2026-11-02") == {"ends_day": "past"}


def test_away_and_on_duty_at_once_is_a_clash_and_the_same_twice_is_seen() -> None:
    """Mutation: touching taken for a clash; somebody else's absence; a shift that clashes with itself."""
    new = extra("ana", at(2026, 12, 10, 8), at(2026, 12, 10, 12))
    assert drafts.clashing(new, [off("ana", at(2026, 12, 10, 11), at(2026, 12, 11))])
    for there in (off("ana", at(2026, 12, 10, 12), at(2026, 12, 11)), off("sup", at(2026, 12, 10), at(2026, 12, 11)), new):
        assert drafts.clashing(new, [there]) is None
    (row,) = weekly("ana", [0])
    assert not drafts.repeated(row, [row])
    assert drafts.repeated(row._replace(id=uid("other")), [row])
    assert not drafts.repeated(row._replace(id=uid("other"), area="sur"), [row])


def test_a_holiday_is_a_day_to_come() -> None:
    """Mutation: taking yesterday's yesterday, or refusing today in the west."""
    assert drafts.day_of("2026-12-01", NOW) == date(2026, 12, 1)
    for typed, why in (("2026-11-30", "past"), ("", "day"), ("8 dec", "day"), ("2101-01-01", "day")):
        with pytest.raises(Faulty) as caught:
            drafts.day_of(typed, NOW)
        assert caught.value.faults == {"day": why}


def test_who_can_be_planned() -> None:
    """Mutation: offering a coordinator, somebody who has left, or the accounts of another country."""
    others = [member("gone", active=False), member("pe", countries=("PE",)), member("co", roles=("coordinator",))]
    assert list(drafts.plannable([ANA, SUP, *others], "CO").values()) == [ANA, SUP]


def test_rows_are_of_the_roster_s_own_kind() -> None:
    assert isinstance(drafts.shifts(SHIFT, "CO", PEOPLE)[0], Weekly)
    assert isinstance(drafts.change(OFF, "CO", PEOPLE, NOW), Change)
