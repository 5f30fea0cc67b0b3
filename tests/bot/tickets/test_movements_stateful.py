"""Anybody does anything at any time, on real databases: nothing moves but along the machines."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select

from bot import db
from bot.staff.tables import AuditEntry
from bot.tickets import movements
from bot.tickets.movement_rules import ACTS, CONSENTS, REASONS_TO_REJECT, Plan
from bot.tickets.movements import NotThere, Refused, Stale
from bot.tickets.tables import Movement, SealedItem, Ticket
from tests.bot.tickets.movement_world import ACCOUNTS, BACKUP, FIRST, NOW, SENDER, SUPERVISOR, TODAY, World, build

_Result = TypeVar("_Result")
#: Who does what next on the way to the end.
_NEXT = {
    "draft": ("propose", (SENDER, "child-protection-co-1")),
    "proposed": ("accept", (FIRST, BACKUP, "child-protection-ve-1")),
    "rejected": ("revise", (SENDER, "child-protection-co-1")),
    "accepted": ("receive", (FIRST, BACKUP, "child-protection-ve-1")),
    "received": ("close", (SUPERVISOR, SENDER)),
}
plans = st.builds(
    Plan,
    what=st.sampled_from(["referral", "transfer", "transfer"]),
    to_country=st.sampled_from(["VE", "VE", "VE", "PE", "CO", "TT"]),
    to_staff=st.sampled_from(["", "", "", FIRST, "case-manager-ve-1", SENDER, "nobody"]),
    consent=st.sampled_from([*CONSENTS, "written", "assent"]),
    consent_on=st.sampled_from([TODAY, TODAY, TODAY, None, TODAY + timedelta(days=2)]),
    service_confirmed_on=st.sampled_from([TODAY, TODAY, TODAY - timedelta(days=7), TODAY - timedelta(days=8), None]),
    best_interest_on=st.sampled_from([TODAY, TODAY, None]),
    to_authority=st.booleans(),
    high_risk=st.booleans(),
    voluntary_repatriation=st.sampled_from([False, False, True]),
    moves_country=st.booleans(),
)


class Desk(RuleBasedStateMachine):
    """One ticket, its movements, and all accounts."""

    template: Path
    postgres = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.world: Any = None
        self.owner = self.before = ""
        self.changed = False
        self.seen: dict[Any, list[tuple[str, str]]] = {}

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self.loop.run_until_complete(work)

    @initialize(child=st.booleans(), what=st.sampled_from(["transfer", "transfer", "referral"]), plan=plans, good=st.booleans())
    def begin(self, child: bool, what: str, plan: Plan, good: bool) -> None:
        self.child = child
        self.owner = "child-protection-co-1" if child else SENDER
        self.run(self._begin())
        sound: dict[str, Any] = {"to_country": "VE", "to_staff": "", "consent": "assent" if child else "written"}
        days = {"consent_on": TODAY, "service_confirmed_on": TODAY, "best_interest_on": TODAY}
        first = dataclasses.replace(plan, what=what, **(sound | days if good else {}))  # type: ignore[arg-type]
        self._try(self._draft(first))
        self.wrap(0)

    async def _begin(self) -> None:
        url = self.postgres or f"sqlite+aiosqlite:///{shutil.copy(self.template, Path(self.folder.name) / 'faro.db')}"
        self.engine = db.open_engine(url)
        async with self.engine.begin() as connection:
            for table in reversed(db.Table.metadata.sorted_tables):
                await connection.execute(table.delete())
        self.world = await build(self.engine)
        self.ticket = await self.world.ticket(owner=self.owner, child=self.child, age="under18" if self.child else "adult")

    @rule(plan=plans)
    def draft(self, plan: Plan) -> None:
        if len(self.seen) < 3:
            self._try(self._draft(plan))

    async def _draft(self, plan: Plan) -> None:
        world: World = self.world
        version = await world.version(self.ticket)
        id = await movements.draft(world.moves, world[self.owner], self.ticket, plan, NOW, version=version)
        self.seen[id] = [("draft", self.owner)]

    @rule(which=st.integers(0, 5))
    def wrap(self, which: int) -> None:
        if self.seen:
            self._try(self.world.wrap(self._pick(which), actor=self.owner))

    @rule(
        which=st.integers(0, 5),
        act=st.sampled_from(ACTS),
        actor=st.sampled_from(sorted(ACCOUNTS)),
        reason=st.sampled_from(["", "because", *REASONS_TO_REJECT]),
        plan=plans,
        stale=st.sampled_from([False, False, False, True]),
    )
    def act(self, which: int, act: str, actor: str, reason: str, plan: Plan, stale: bool) -> None:
        if self.seen:
            self._act(self._pick(which), act, actor, reason, plan, stale)

    @rule(number=st.integers(0, 4), plan=plans)
    def forward(self, number: int, plan: Plan) -> None:
        """What comes next, by somebody who mostly may."""
        if self.seen and (state := self.run(self.world.move(self._pick(0))).state) in _NEXT:
            act, actors = _NEXT[state]
            mine = [each for each in actors if each.startswith("child") == self.child or act == "close"]
            self._act(self._pick(0), act, mine[number % len(mine)], "", plan, False)

    @rule(number=st.integers(0, 4), plan=plans)
    def onward(self, number: int, plan: Plan) -> None:
        """Twice as often as anything else."""
        self.forward(number, plan)

    def _act(self, id: Any, act: str, actor: str, reason: str, plan: Plan, stale: bool) -> None:
        more: tuple[Any, ...] = (reason,) if act == "reject" else (plan,) if act == "revise" else ()
        version = self.run(self.world.version(self.ticket)) - stale
        if self._try(self.world.act(act, actor, id, *more, version=version)):
            assert not stale, "a form from yesterday counts"
            self.seen[id].append((act, actor))

    def _pick(self, which: int) -> Any:
        return list(self.seen)[which % len(self.seen)]

    def _try(self, work: Coroutine[Any, Any, Any]) -> bool:
        try:
            self.run(work)
        except (NotThere, Stale, Refused):
            return False
        self.changed = True
        return True

    @invariant()
    def what_is_closed_was_earned(self) -> None:
        if self.world is None or not self.changed:
            return
        self.changed = False
        assert self.run(self._entries()) == sum(len(trail) for trail in self.seen.values()), "the audit tells it all"
        row = self.run(self.world.row(self.ticket))
        moved = [
            id for id, trail in self.seen.items() if trail[-1][0] == "close" and self.run(self.world.move(id)).what == "transfer"
        ]
        for id, trail in self.seen.items():
            move = self.run(self.world.move(id))
            assert (move.state == "closed") == (trail[-1][0] == "close")
            if move.state == "closed":
                self._earned(move, trail)
        if not moved:
            assert (row.claimed_by, row.country) == (self.world[self.owner].id, "CO"), "the ticket moved without a transfer"
        else:
            last = self.run(self.world.move(moved[-1]))
            assert row.claimed_by == last.to_staff
            for envelope in self.run(self.world.envelopes(self.ticket)):
                name = next(each for each, actor in self.world.actors.items() if actor.id == row.claimed_by)
                assert self.world.key(name) in envelope.recipients, "the new owner cannot open what they own"

    def _earned(self, move: Any, trail: list[tuple[str, str]]) -> None:
        acts = [act for act, _ in trail]
        assert acts[-4:] == ["propose", "accept", "receive", "close"]
        sender, receiver, confirmed, closer = (actor for _, actor in trail[-4:])
        assert receiver == confirmed and receiver != sender and move.to_country in ACCOUNTS[receiver][1]
        assert move.consent in (("assent", "representative") if self.child else ("written", "representative"))
        assert move.consent_on is not None and move.consent_on <= TODAY
        assert move.service_confirmed_on is not None
        assert move.case_conference or not move.high_risk
        if self.child:
            assert "child_protection" in ACCOUNTS[receiver][0]
            assert move.best_interest_on is not None or (move.what == "referral" and not move.to_authority)
        if move.what == "transfer":
            assert "supervisor" in ACCOUNTS[closer][0] and closer not in (sender, receiver) and "CO" in ACCOUNTS[closer][1]

    async def _entries(self) -> int:
        async with self.engine.connect() as connection:
            asked = select(AuditEntry.number).where(AuditEntry.what.startswith("movement_"))  # type: ignore[attr-defined,call-overload]
            return len((await connection.execute(asked)).all())

    def teardown(self) -> None:
        if self.world is not None:
            self.run(self._end())
        self.loop.close()
        self.folder.cleanup()

    async def _end(self) -> None:
        async with self.engine.begin() as connection:
            for table in (Movement, SealedItem, Ticket):
                await connection.execute(delete(table))
        await self.engine.dispose()


def _walk(machine: type[Desk], examples: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    how = settings(max_examples=examples, stateful_step_count=14, deadline=None, suppress_health_check=quiet)
    run_state_machine_as_test(machine, settings=how)  # type: ignore[no-untyped-call]


@pytest.mark.requirement("M-3")
@pytest.mark.requirement("D-9")
def test_nothing_moves_but_along_the_machines_sqlite(sqlite_with_tables: Path) -> None:
    """Mutation: "accept" without a party check, "close" from ``accepted``, an act that does not write its audit entry."""
    _walk(type("OnSqlite", (Desk,), {"template": sqlite_with_tables}), 28)


@pytest.mark.requirement("M-3")
def test_nothing_moves_but_along_the_machines_postgresql(postgres_with_tables: str) -> None:
    """Mutation: the same, where rows are locked instead of the whole database."""
    _walk(type("OnPostgres", (Desk,), {"postgres": postgres_with_tables}), 7)
