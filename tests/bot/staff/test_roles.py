"""Who may do what: the whole table, and what holds whatever the table says."""

from __future__ import annotations

import itertools
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.staff.roles import ACTIONS, ALLOWED, Action, Actor, acting_as, may, may_read, role_fault
from bot.staff.tables import ROLES
from tests.bot.staff.world import actor

#: Written down apart from the program: role by action. ``y``: in its countries. ``c``: where the actor claimed the ticket.
#: ``o``: of the actor's own organisation, in its countries. ``e``: everywhere. ``n``: an administrator without countries.
#: ``.``: never.
MATRIX: Final = """
                   case_manager child_protection supervisor national_focal_point psea_focal_point coordinator member administrator
see_queue          y            y                y          .                    .                .           .      .
claim              y            y                y          .                    .                .           .      .
open_ticket        c            c                y          c                    .                .           .      .
open_contact       c            c                c          c                    .                .           .      .
release            c            c                y          c                    .                .           .      .
send_answer        c            c                c          c                    .                .           .      .
close              c            c                c          c                    .                .           .      .
recuse             y            y                y          y                    .                .           .      .
refer              c            c                c          c                    .                .           .      .
accept_movement    y            y                y          y                    .                .           .      .
close_transfer     .            .                y          .                    .                .           .      .
see_load           .            .                o          .                    .                .           .      .
manage_roster      .            .                o          .                    .                .           .      y
see_roster         y            y                y          y                    .                y           .      y
manage_staff       .            .                .          .                    .                .           .      y
renew_enrolment    .            .                .          .                    .                .           .      y
approve_enrolment  .            .                y          .                    .                .           .      y
manage_keys        .            .                .          .                    .                .           .      y
manage_recovery    .            .                .          .                    .                .           .      n
own_account        e            e                e          e                    e                e           e      e
see_audit          .            .                y          .                    .                .           .      e
export_audit       .            .                y          .                    .                .           .      e
see_statistics     .            .                y          .                    .                y           .      .
export_statistics  .            .                .          .                    .                y           .      .
approve_export     .            .                y          .                    .                y           .      .
train              e            e                e          e                    .                .           .      .
see_complaints     .            .                .          .                    y                y           .      .
see_feedback       .            .                .          .                    .                y           .      .
see_register       .            .                .          .                    y                y           .      .
export_register    .            .                .          .                    y                y           .      .
publish_notice     .            .                .          .                    .                y           .      .
see_remarks        .            .                .          .                    .                y           .      y
see_directory      y            y                y          y                    y                y           y      y
check_directory    .            .                .          .                    .                y           o      y
administer         .            .                .          .                    .                .           .      e
"""
_HEAD, *_LINES = (line.split() for line in MATRIX.strip().splitlines())
CELLS: Final = {(line[0], role): cell for line in _LINES for role, cell in zip(_HEAD, line[1:], strict=True)}
REQUESTS: Final = (
    "see_queue",
    "claim",
    "open_ticket",
    "open_contact",
    "release",
    "send_answer",
    "close",
    "refer",
    "close_transfer",
)
SAID: Final = ("see_complaints", "see_feedback", "see_register", "export_register")

some_actor = st.builds(
    actor,
    st.sampled_from(ROLES),
    st.sampled_from(ROLES),
    countries=st.sampled_from([(), ("CO",), ("CO", "PE")]),
    organisation=st.sampled_from(["red-norte", "red-sur"]),
)


def test_the_matrix_names_every_action_and_every_role() -> None:
    """Mutation: an action or a role that nobody decided about."""
    assert {action for action, _ in CELLS} == set(ACTIONS) == set(get_args(Action))
    assert tuple(_HEAD) == ROLES == tuple(ALLOWED)


@pytest.mark.requirement("M-1")
@pytest.mark.parametrize("action", ACTIONS)
def test_each_role_may_do_what_the_matrix_says_and_no_more(action: Action) -> None:
    """Mutation: any cell of ``ALLOWED``; a scope that is not asked for; the contact open to a supervisor who did not claim."""
    asked = itertools.product(ROLES, ("CO", "PE"), ("", "red-norte", "red-sur"), (False, True))
    for role, country, organisation, claimed in asked:
        cell = CELLS[action, role]
        expected = {
            ".": False,
            "y": country == "CO",
            "c": country == "CO" and claimed,
            "o": country == "CO" and organisation != "red-sur",
            "e": True,
            "n": False,
        }[cell]
        assert may(actor(role), action, country=country, organisation=organisation, claimed=claimed) is expected, role
        assert may(actor(role), action) is (cell not in (".", "n")), role


@pytest.mark.requirement("M-1")
def test_a_supervisor_opens_the_contact_only_of_what_they_claimed() -> None:
    """Mutation: ``open_contact`` of the supervisor as ``country``."""
    supervisor = actor("supervisor")
    assert may(supervisor, "open_ticket", country="CO")
    assert not may(supervisor, "open_contact", country="CO")
    assert may(supervisor, "open_contact", country="CO", claimed=True)


def test_an_administrator_without_countries_holds_everywhere_and_nobody_else_does() -> None:
    """Mutation: no countries meaning all of them for every role."""
    for role in ROLES:
        nowhere = actor(role, countries=())
        for action in ACTIONS:
            expected = CELLS[action, role] == "e" or (role == "administrator" and CELLS[action, role] != ".")
            assert may(nowhere, action, country="CO", claimed=True) is expected
            assert may(nowhere, action) is expected


@pytest.mark.requirement("C-4")
@given(some_actor, st.sampled_from(ACTIONS))
def test_whoever_receives_complaints_never_sees_requests_and_the_other_way_round(somebody: Actor, action: Action) -> None:
    """Mutation: adding up the roles of an account that has both (C-4); asking the focal point's role only, so that a coordinator
    who is a case manager too reads complaints."""
    if "psea_focal_point" in somebody.roles:
        assert not may(somebody, action, country="CO", claimed=True) or action not in REQUESTS
        assert not may_read(somebody, country="CO")
    if any(CELLS["recuse", role] != "." for role in somebody.roles) and action in SAID:
        assert not may(somebody, action)
    both = actor("psea_focal_point", "case_manager")
    assert not may(both, "see_complaints") and not may(both, "see_queue")
    assert may(actor("coordinator"), "see_complaints") and not may(actor("coordinator", "supervisor"), "see_complaints")
    assert role_fault(both.roles)


@given(some_actor, st.sampled_from(ACTIONS), st.booleans())
def test_the_role_that_the_audit_names_is_one_of_the_actor_and_allows_it(somebody: Actor, action: Action, claimed: bool) -> None:
    """Mutation: naming the first role of the account instead of the one that allows."""
    role = acting_as(somebody, action, country="CO", claimed=claimed)
    assert (role is not None) is may(somebody, action, country="CO", claimed=claimed)
    if role is not None:
        alone = actor(role, countries=somebody.countries, organisation=somebody.organisation)
        assert role in somebody.roles and may(alone, action, country="CO", claimed=claimed)


@pytest.mark.parametrize("action", ACTIONS)
def test_whoever_practises_changes_nothing_real(action: Action) -> None:
    """Mutation: leaving out the question for ``training``."""
    everything = [role for role in ROLES if role != "psea_focal_point"]
    practising = actor(*everything, training=True)
    harmless = {*REQUESTS, "recuse", "accept_movement", "train", "see_roster", "see_directory", "own_account"}
    assert may(practising, action, claimed=True) is (action in harmless)


def test_an_unknown_action_is_a_fault_of_ours() -> None:
    """Mutation: answering no, so that a misspelt action locks everybody out and nobody notices."""
    with pytest.raises(ValueError, match="no action of the desk"):
        may(actor("case_manager"), "fly")  # type: ignore[arg-type]


# --- who may read ------------------------------------------------------------------------------------------------------

READS: Final = {"case_manager": (True, False), "child_protection": (False, True), "supervisor": (True, False)}
"""Role -> (may read the request of an adult, of a child)."""


@pytest.mark.requirement("D-9")
@pytest.mark.parametrize("role", ROLES)
def test_a_request_is_readable_for_its_roles_only_and_a_childs_for_child_protection(role: str) -> None:
    """Mutation: a child's request among those of case managers; coordinators, members or administrators who read."""
    adult, child = READS.get(role, (False, False))
    assert may_read(actor(role), country="CO") is adult
    assert may_read(actor(role), country="CO", child=True) is child


@given(
    some_actor,
    st.sampled_from(["CO", "PE", "MX"]),
    st.sampled_from([(), ("PE",), ("MX", "PE")]),
    st.sampled_from(["", "red-norte", "red-sur"]),
    st.booleans(),
)
def test_exclusions_only_ever_take_away(
    somebody: Actor, country: str, further: tuple[str, ...], excluded: str, recused: bool
) -> None:
    """Mutation: an excluded organisation or a recused colleague who reads; a country that was not agreed to."""
    refused = (somebody.id.hex,) if recused else ("0" * 32,)
    reads = may_read(somebody, country=country, countries=further, not_organisations=excluded, refused=refused)
    expected = (
        bool({"case_manager", "supervisor"} & set(somebody.roles))
        and "psea_focal_point" not in somebody.roles
        and bool({country, *further} & set(somebody.countries))
        and somebody.organisation != excluded
        and not recused
    )
    assert reads is expected


@pytest.mark.parametrize(
    ("roles", "fault"),
    [
        (["case_manager", "child_protection", "supervisor"], ""),
        (["administrator", "case_manager"], ""),
        (["psea_focal_point", "administrator"], ""),
        (["psea_focal_point", "supervisor"], "two accounts"),
        (["boss"], "does not exist"),
        ([], "has no role"),
    ],
)
def test_roles_that_one_account_cannot_have_are_named(roles: list[str], fault: str) -> None:
    """Mutation: accepting a misspelt role, which would then allow nothing."""
    assert (fault in role_fault(roles)) if fault else not role_fault(roles)
