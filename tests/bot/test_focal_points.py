"""Who receives in which country, and what a sender is told of it."""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.duty_texts import DutyTextBook
from bot.focal_points import FOCAL_POINTS, NOT_CHECKED, FocalPointBook, FocalPointError
from bot.sealing import key_id
from bot.staff.tables import ROLES, Employer, Staff, StaffKey
from flows.facts import COUNTRIES

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
BOOK = FocalPointBook.load()
PAIRS = list(itertools.permutations(COUNTRIES, 2))


@dataclasses.dataclass(frozen=True)
class Account:
    """As much of an account as decides whether it receives."""

    roles: tuple[str, ...]
    countries: tuple[str, ...]
    active: bool = True
    key: bool = True
    organisation: str = "north"


accounts = st.builds(
    Account,
    roles=st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True).map(tuple) | st.just(("national_focal_point",)),
    countries=st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=5, unique=True).map(tuple),
    active=st.sampled_from([True, True, False]),
    key=st.sampled_from([True, True, False]),
    organisation=st.sampled_from(["north", "south"]),
)


async def hire(engine: AsyncEngine, staff: list[Account]) -> dict[uuid.UUID, Account]:
    """Exactly these accounts, and no others."""
    made = {}
    async with engine.begin() as connection:
        for table in (StaffKey, Staff, Employer):
            await connection.execute(delete(table))
        for key in ("north", "south"):
            await connection.execute(insert(Employer).values(key=key, name=key.title()))
        for number, account in enumerate(staff):
            row = Staff(
                name=f"account-{number:02}", organisation=account.organisation, roles=account.roles, countries=account.countries,
                active=account.active,
            )  # fmt: skip
            await connection.execute(insert(Staff).values(**row.model_dump()))
            made[row.id] = account
            if account.key:
                public = X25519PrivateKey.generate().public_key().public_bytes_raw()
                await connection.execute(insert(StaffKey).values(id=key_id(public), staff_id=row.id, public=public, created_at=NOW))
    return made


def receives(account: Account, country: str) -> bool:
    """The rule, said a second time."""
    from_complaints = "psea_focal_point" in account.roles
    return (
        account.active
        and account.key
        and "national_focal_point" in account.roles
        and country in account.countries
        and not from_complaints
    )


@pytest.mark.requirement("M-5")
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(staff=st.lists(accounts, max_size=12))
async def test_every_pair_of_countries_has_a_receiver_or_says_that_there_is_none(engine: AsyncEngine, staff: list[Account]) -> None:
    """Mutation: a pair raises, or gives somebody of the sending country, without a key, or who has left."""
    made = await hire(engine, staff)
    able = {country: {id for id, account in made.items() if receives(account, country)} for country in COUNTRIES}
    async with engine.connect() as connection:
        for from_, to in PAIRS:
            found = await BOOK.receiver(connection, from_, to)
            assert found.none == (not able[to])
            assert {each.id for each in found.all} <= able[to]
            assert len(found.all) == min(2, len(able[to])), "a focal point and a back-up, wherever there are two"
        for to in COUNTRIES:
            child = await BOOK.receivers(connection, to, child=True)
            assert all("child_protection" in made[each.id].roles for each in child.all)
            other = await BOOK.receivers(connection, to, not_organisations=("north",))
            assert all(each.organisation == "south" for each in other.all)


@pytest.mark.requirement("M-5")
async def test_an_empty_network_says_none_for_all_182_pairs(engine: AsyncEngine) -> None:
    """Mutation: the look-up raises where nobody is found."""
    assert len(PAIRS) == 14 * 13
    async with engine.connect() as connection:
        for from_, to in PAIRS:
            assert (await BOOK.receiver(connection, from_, to)).none
            told = await BOOK.briefing(connection, from_, to, NOW, DutyTextBook.load(live=False))
            assert told.duty is not None and told.receivers.none and told.return_focal_point is None
        for from_, to in (("CO", "CO"), ("CO", "XX"), ("", "CO")):
            with pytest.raises(ValueError, match="two of the fourteen"):
                await BOOK.receiver(connection, from_, to)


async def test_the_file_says_who_comes_first(engine: AsyncEngine) -> None:
    """Mutation: the order of labels decides although the file names somebody."""
    await hire(engine, [Account(("national_focal_point",), ("VE",)) for _ in range(3)])
    records = {record.country: record for record in BOOK.records()}
    named = FocalPointBook({**records, "VE": _changed(records["VE"], focal_point="account-02", backup="account-00")}.values())
    gone = FocalPointBook(
        {**records, "VE": _changed(records["VE"], focal_point="account-09", return_focal_point="account-09")}.values()
    )
    async with engine.connect() as connection:
        assert [each.name for each in (await BOOK.receiver(connection, "CO", "VE")).all] == ["account-00", "account-01"]
        assert [each.name for each in (await named.receiver(connection, "CO", "VE")).all] == ["account-02", "account-00"]
        assert [each.name for each in (await gone.receiver(connection, "CO", "VE")).all] == ["account-00", "account-01"]
        assert await gone.return_focal_point(connection, "VE") is None
        said = await gone.faults(connection, ["VE", "PE"], NOW.date())
        assert [line.split()[0] for line in said] == ["The", "The", "PE"] and all("account-09" in line for line in said[:2])
        assert len(await BOOK.faults(connection, ["PE"], date(2028, 1, 1))) == 2


def test_old_risk_notes_say_that_they_are_old() -> None:
    """Mutation: ``expires_on`` is not looked at."""
    assert BOOK.risks("CO", NOW.date()) == ("return",)
    assert BOOK.risks("CO", date(2027, 11, 21)) == ("return",)
    assert BOOK.risks("CO", date(2027, 11, 22)) == (NOT_CHECKED, "return")
    assert BOOK.risks("CO", date(2026, 11, 20)) == (NOT_CHECKED, "return")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('country = "CO"', 'country = "XX"', "not one of the fourteen"),
        ('country = "CO"', 'country = "VE"', "CO is missing"),
        ('risks = ["return"]', 'risks = ["dragons"]', "no note in the catalogs"),
        ("checked_on = 2026-11-21", "checked_on = 2027-11-21", "must lie after"),
        ("expires_on = 2027-11-21", 'expires_on = 2027-11-21\nbackup = "b"', "back-up without"),
        ("expires_on = 2027-11-21", 'expires_on = 2027-11-21\nfocal_point = "b"\nbackup = "b"', "same account"),
        ("expires_on = 2027-11-21", 'expires_on = 2027-11-21\nfocal_point = "b@c"', "not people's addresses"),
        ("expires_on = 2027-11-21", "expires_on = 2027-11-21\nphone = 1", "unknown field"),
        ("[[country]]", "[country", "not readable as TOML"),
    ],
)
def test_a_file_with_a_mistake_is_refused_in_a_sentence(tmp_path: Path, was: str, now: str, said: str) -> None:
    """Mutation: the check that each line names is left out."""
    path = tmp_path / "focal_points.toml"
    path.write_text(FOCAL_POINTS.read_text("utf-8").replace(was, now, 1), "utf-8")
    with pytest.raises(FocalPointError, match=said):
        FocalPointBook.load(path)


def test_every_country_is_in_the_file_and_nothing_is_older_than_a_year() -> None:
    """Mutation: a country is left out of the file."""
    assert [record.country for record in BOOK.records()] == list(COUNTRIES)
    assert all(record.expires_on - record.checked_on <= timedelta(days=366) for record in BOOK.records())


def _changed(record: Any, **values: str) -> Any:
    return type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | values)
