"""Accounts from a file: made once, changed where they differ, refused in sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.directory.tables import Organization
from bot.staff import accounts, audit, one_time
from bot.staff.accounts import StaffRefused, issue_enrolment, load_staff
from bot.staff.leaving import leave
from bot.staff.tables import AuditEntry, Employer, EmployerListing, Staff
from tests.bot.staff.world import FILE, NOW, after, rows, whole, written

PERU = """
[[staff]]
name = "supervisor-pe"
organisation = "red-sur"
roles = ["supervisor", "child_protection"]
countries = ["PE"]
load_cap = 8
lang = "en"
"""


async def recorded(engine: AsyncEngine) -> list[tuple[str, str]]:
    return sorted((row.what, row.subject) for row in await rows(engine, AuditEntry))


async def test_new_accounts_get_a_code_once_and_the_table_keeps_its_hash(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: storing the code; the same code for all; a code without an end."""
    made = await load_staff(engine, written(tmp_path), NOW)
    assert [each.name for each in made] == ["administrator-1", "case-manager-co-1"]
    assert len({each.code for each in made}) == 2 and {each.ends_at for each in made} == {after(hours=72)}
    row = await whole(engine, "case-manager-co-1")
    assert row.enrolment_hash == one_time.enrolment_hash(made[1].code) and row.enrolment_ends_at == after(hours=72)
    plain = one_time.read(made[1].code).encode()
    assert plain not in row.enrolment_hash and len(plain) == 20
    assert (row.roles, row.countries, row.languages, row.honours) == (("case_manager",), ("CO",), ("es", "guc"), "woman")
    assert (row.organisation, row.load_cap, row.lang, row.active) == ("red-norte", 5, "es", True)
    assert await recorded(engine) == [("account_created", "administrator-1"), ("account_created", "case-manager-co-1")]
    assert await audit.verify(engine) is None


async def test_loading_again_changes_what_differs_and_nothing_else(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: new codes for accounts that have one; accounts that are missing from the file deleted; an entry for no change."""
    await load_staff(engine, written(tmp_path), NOW)
    before = await rows(engine, Staff)
    assert await load_staff(engine, written(tmp_path), after(days=1)) == []
    assert await rows(engine, Staff) == before and len(await recorded(engine)) == 2
    changed = FILE.replace('countries = ["CO"]', 'countries = ["CO", "PE"]').replace('"Red Norte"', '"Red del Norte"')
    assert await load_staff(engine, written(tmp_path, changed), after(days=2)) == []
    row, was = await whole(engine, "case-manager-co-1"), next(each for each in before if each.name == "case-manager-co-1")
    assert row.countries == ("CO", "PE") and (row.id, row.enrolment_hash) == (was.id, was.enrolment_hash)
    assert [each.name for each in await rows(engine, Employer)] == ["Red del Norte"]
    assert (await recorded(engine))[0] == ("account_changed", "case-manager-co-1")
    only_peru = PERU + '[[employer]]\nkey = "red-sur"\nname = "Red Sur"\n'
    assert [each.name for each in await load_staff(engine, written(tmp_path, only_peru), after(days=3))] == ["supervisor-pe"]
    assert len(await rows(engine, Staff)) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "case-manager-co-1"', 'name = "Ana María"', "account 'Ana María' needs a name of small letters"),
        ('name = "case-manager-co-1"', "", "account number 2 needs a name"),
        ('name = "case-manager-co-1"', 'name = "ana@example.org"', "a role, such as 'case-manager-co-1'"),
        ('name = "case-manager-co-1"', 'name = "administrator-1"', "account 'administrator-1' is there twice"),
        ('["case_manager"]', '["boss"]', "account 'case-manager-co-1' has the role 'boss', which does not exist"),
        ('["case_manager"]', "[]", "account 'case-manager-co-1' has no role"),
        ('["case_manager"]', '"case_manager"', "account 'case-manager-co-1' needs roles, a list"),
        ('["case_manager"]', '["case_manager", "psea_focal_point"]', "make two accounts"),
        ('countries = ["CO"]', 'countries = ["Colombia"]', "account 'case-manager-co-1': countries is a list of"),
        ('countries = ["CO"]', "", "account 'case-manager-co-1' needs countries"),
        ('["es", "guc"]', '["Spanish"]', "languages is a list of ISO 639 codes"),
        ('honours = "woman"', 'honours = "women"', "honours is 'woman' or 'man'"),
        ('honours = "woman"', "load_cap = 0", "load_cap is a number from 1 to 50"),
        ('honours = "woman"', "load_cap = true", "load_cap is a number from 1 to 50"),
        ('honours = "woman"', 'lang = "fr"', "is one of es, en, pt"),
        ('honours = "woman"', 'phone = "+57"', "has a field 'phone' that means nothing"),
        ('key = "red-norte"', 'key = "Red Norte"', "employer 'Red Norte' needs a key"),
        ('name = "Red Norte"', 'name = ""', "employer 'red-norte' needs a name"),
        ("[[employer]]", "[[employers]]", "[employers] means nothing here"),
        ("[[employer]]", "[employer]", "write [[employer]] with two brackets"),
        ("[[employer]]", "[[employer]", "is not TOML"),
        ('["administrator"]', '["coordinator"]', "account 'administrator-1' needs countries"),
    ],
)  # fmt: skip
def test_a_fault_is_a_sentence_that_names_the_account(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Mutation: any of the checks."""
    assert old in FILE
    with pytest.raises(StaffRefused) as refused:
        accounts.read_staff(written(tmp_path, FILE.replace(old, new, 1)))
    assert said in str(refused.value)
    assert all(line.endswith(".") for line in str(refused.value).splitlines())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["administrator"]', '["member"]\ncountries = ["CO"]', "Nobody would be administrator"),
        ('key = "red-norte"', 'key = "red-sur"', "account 'case-manager-co-1': there is no employer 'red-norte'"),
    ],
)
async def test_a_fault_that_only_the_database_shows_changes_nothing(
    engine: AsyncEngine, tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Mutation: loading the half of a file that was right."""
    with pytest.raises(StaffRefused) as refused:
        await load_staff(engine, written(tmp_path, FILE.replace(old, new)), NOW)
    assert said in str(refused.value)
    assert not await rows(engine, Staff) and not await rows(engine, Employer)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Mutation: stopping at the first fault."""
    text = FILE.replace('"case_manager"', '"boss"').replace('"CO"', '"XX"').replace('"woman"', '"all"')
    with pytest.raises(StaffRefused) as refused:
        accounts.read_staff(written(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("what", ["missing", "folder", "latin"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, what: str) -> None:
    """Mutation: a trace instead of a sentence."""
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "latin":
        path.write_bytes("ñ".encode("latin-1"))
    with pytest.raises(StaffRefused, match=f"{what} (cannot be read|is not in UTF-8)"):
        accounts.read_staff(path)


async def test_a_name_that_left_is_never_given_again(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: waking an account that left: what the audit says of its name would be said of somebody else."""
    await load_staff(engine, written(tmp_path), NOW)
    await leave(engine, "case-manager-co-1", NOW)
    with pytest.raises(StaffRefused, match="'case-manager-co-1' has left"):
        await load_staff(engine, written(tmp_path), NOW)
    with pytest.raises(StaffRefused, match="no active account 'case-manager-co-1'"):
        await issue_enrolment(engine, "case-manager-co-1", NOW)


async def test_a_new_code_replaces_the_old_one(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: two codes that both work; a code for a name that does not exist."""
    first = (await load_staff(engine, written(tmp_path), NOW))[1]
    second = await issue_enrolment(engine, first.name, after(days=4))
    row: Any = await whole(engine, first.name)
    assert row.enrolment_hash == one_time.enrolment_hash(second.code) != one_time.enrolment_hash(first.code)
    assert row.enrolment_ends_at == after(days=7)
    assert ("enrolment_issued", first.name) in await recorded(engine)
    with pytest.raises(StaffRefused, match="no active account 'nobody'"):
        await issue_enrolment(engine, "nobody", NOW)


async def test_an_account_is_an_actor_while_it_is_active(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: an actor for an account that left."""
    await load_staff(engine, written(tmp_path), NOW)
    row = await whole(engine, "case-manager-co-1")
    async with engine.connect() as connection:
        found = await accounts.actor_of(connection, row.id)
        assert await accounts.employers(connection) == {"red-norte": "Red Norte"}
        assert [each.name for each in await accounts.everybody(connection)] == ["administrator-1", "case-manager-co-1"]
    assert found is not None and (found.name, found.roles, found.countries) == (row.name, ("case_manager",), ("CO",))
    await leave(engine, row.name, NOW)
    async with engine.connect() as connection:
        assert await accounts.actor_of(connection, row.id) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" Case-Manager-CO-1 ", "case-manager-co-1"),
        ("ana@example.org", ""),
        ("", ""),
        ("\ud800", ""),
        ("a\0b", ""),
        ("x" * 41, ""),
    ],
)
def test_a_typed_name_is_read_as_accounts_have_it(typed: str, name: str) -> None:
    """Mutation: asking the database for text that it refuses."""
    assert accounts.account_name(typed) == name


def test_codes_are_read_as_people_type_them() -> None:
    """Mutation: O for 0 or l for 1 taken for a wrong code; codes from a short alphabet or a fixed seed."""
    codes = {one_time.enrolment_code() for _ in range(50)} | set(one_time.recovery_codes())
    assert len(codes) == 58
    for code in codes:
        sloppy = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
        assert one_time.read(sloppy) == code.replace("-", "")
    assert len(one_time.recovery_codes()) == one_time.RECOVERY_CODES


# --- who hears complaints ----------------------------------------------------------------------------------------------

HEARING = """
[[employer]]
key = "red-norte"
name = "Red Norte"

[[employer]]
key = "casa-sur"
name = " Casa Sur "
merged_into = "red-norte"

[[employer]]
key = "red-observa"
name = "Red Observa"
independent = true

[[staff]]
name = "administrator-1"
organisation = "red-norte"
roles = ["administrator"]

[[staff]]
name = "psea-1"
organisation = "casa-sur"
roles = ["psea_focal_point"]
countries = ["CO"]
stands_in = true
investigates = ["casa-sur"]
"""


@pytest.mark.requirement("C-4")
async def test_what_decides_about_complaints_is_loaded_and_changed_again(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: a field that is read once and never changes, or that stays when the file takes it out."""

    async def employers() -> dict[str, tuple[str, str, bool]]:
        return {row.key: (row.name, row.merged_into, row.independent) for row in await rows(engine, Employer)}

    async def psea() -> tuple[bool, tuple[str, ...]]:
        (row,) = [each for each in await rows(engine, Staff) if each.name == "psea-1"]
        return row.stands_in, row.investigates

    await load_staff(engine, written(tmp_path, HEARING), NOW)
    assert await employers() == {
        "red-norte": ("Red Norte", "", False), "casa-sur": ("Casa Sur", "red-norte", False),
        "red-observa": ("Red Observa", "", True),
    }  # fmt: skip
    assert await psea() == (True, ("casa-sur",))
    entries = len(await rows(engine, AuditEntry))
    assert await load_staff(engine, written(tmp_path, HEARING), NOW) == [] and len(await rows(engine, AuditEntry)) == entries
    plain = HEARING.replace('merged_into = "red-norte"', "").replace("independent = true", "")
    plain = plain.replace("stands_in = true", "").replace('investigates = ["casa-sur"]', "")
    await load_staff(engine, written(tmp_path, plain), NOW)
    assert (await employers())["casa-sur"] == ("Casa Sur", "", False) and not (await employers())["red-observa"][2]
    assert await psea() == (False, ())


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('merged_into = "red-norte"', 'merged_into = "casa-sur"', "another employer"),
        ('merged_into = "red-norte"', "merged_into = 3", "another employer"),
        ('merged_into = "red-norte"', 'merged_into = "red-nueva"', "no employer 'red-nueva'"),
        ('name = "Red Norte"', 'name = "Red Norte"\nmerged_into = "casa-sur"', "a part of itself"),
        ("independent = true", 'independent = "yes"', "independent is true"),
        ("stands_in = true", "stands_in = 1", "stands_in is true"),
        ('roles = ["psea_focal_point"]', 'roles = ["coordinator"]', "only a psea_focal_point investigates"),
        ('investigates = ["casa-sur"]', 'investigates = "casa-sur"', "a list of keys"),
        ('investigates = ["casa-sur"]', 'investigates = ["casa-este"]', "no employer 'casa-este' to investigate for"),
    ],
    ids=["itself", "number", "unknown", "circle", "independent", "stands-in", "role", "list", "unit"],
)
async def test_what_contradicts_itself_changes_nothing_and_says_so(
    engine: AsyncEngine, tmp_path: Path, before: str, after: str, said: str
) -> None:
    """Mutation: any of these checks left out; a circle that is followed for ever."""
    with pytest.raises(StaffRefused, match=said):
        await load_staff(engine, written(tmp_path, HEARING.replace(before, after)), NOW)
    assert await rows(engine, Employer) == []


@pytest.mark.requirement("C-4")
async def test_whom_the_directory_calls_alike_at_a_load_stays_that_employer(engine: AsyncEngine, tmp_path: Path) -> None:
    """Mutation: nothing kept, so that the next name unties them; kept twice, as an error; an organisation without a name as one."""
    same, nameless = Organization(name="RED  nórte"), Organization(name="")
    async with engine.begin() as connection:
        for each in (same, nameless):
            await connection.execute(insert(Organization).values(**each.model_dump()))
    await load_staff(engine, written(tmp_path), NOW)
    await load_staff(engine, written(tmp_path, FILE.replace('"Red Norte"', '"☆"')), after(days=1))
    await load_staff(engine, written(tmp_path, FILE.replace('"Red Norte"', '"Red del Norte"')), after(days=2))
    assert [(row.organization_id, row.employer) for row in await rows(engine, EmployerListing)] == [(same.id, "red-norte")]
