"""The two machines by themselves: which paths lead where, and what must hold on each."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.tickets.movement_rules import (
    ACTS,
    CONSENTS,
    ENDED,
    GUARDS,
    MACHINES,
    REASONS_TO_REJECT,
    STATES,
    WHATS,
    Facts,
    Guard,
    step,
    unmet,
)

TODAY = date(2026, 11, 27)
GOOD = Facts(
    what="transfer", child=False, today=TODAY, consent="written", consent_on=TODAY, service_confirmed_on=TODAY,
    best_interest_on=None, to_authority=False, high_risk=False, case_conference=False, voluntary_repatriation=False,
    has_receiver=True, has_return_focal_point=False, wraps_missing=False, reason="", someone_else=True,
)  # fmt: skip

days = st.none() | st.integers(-40, 3).map(lambda ahead: TODAY + timedelta(days=ahead))
any_facts = st.builds(
    Facts,
    what=st.sampled_from(WHATS),
    child=st.booleans(),
    today=st.just(TODAY),
    consent=st.sampled_from(CONSENTS),
    consent_on=days,
    service_confirmed_on=days,
    best_interest_on=days,
    to_authority=st.booleans(),
    high_risk=st.booleans(),
    case_conference=st.booleans(),
    voluntary_repatriation=st.booleans(),
    has_receiver=st.booleans(),
    has_return_focal_point=st.booleans(),
    wraps_missing=st.booleans(),
    reason=st.sampled_from(("", "because", *REASONS_TO_REJECT)),
    someone_else=st.booleans(),
)


def lacking(**changed: object) -> tuple[Guard, ...]:
    """What a proposal lacks when these facts are not good."""
    facts = dataclasses.replace(GOOD, **changed)  # type: ignore[arg-type]
    found = step(facts.what, "draft", "propose")
    assert found is not None
    return unmet(found.guards, facts)


@pytest.mark.requirement("M-3")
@pytest.mark.parametrize("what", WHATS)
def test_every_way_to_the_end_is_asked_answered_and_received(what: str) -> None:
    """Mutation: an edge from ``proposed`` or ``accepted`` to ``closed``, or ``rejected`` to ``proposed``."""
    paths: list[tuple[str, ...]] = []

    def walk(state: str, path: tuple[str, ...]) -> None:
        if state == "closed":
            paths.append(path)
            return
        for (here, act), found in MACHINES[what].items():  # type: ignore[index]
            if here == state and path.count(act) < 2:
                walk(found.to, (*path, act))

    walk("draft", ())
    assert paths
    for path in paths:
        last = len(path) - 1 - path[::-1].index("propose")
        assert path[last:] == ("propose", "accept", "receive", "close")


@pytest.mark.requirement("M-3")
def test_who_ends_a_movement() -> None:
    """Mutation: the sender closes a transfer, or the supervisor's guards are fewer."""
    referral, transfer = step("referral", "received", "close"), step("transfer", "received", "close")
    assert referral is not None and referral.by == "sender"
    assert transfer is not None and transfer.by == "supervisor"
    assert {"someone_else", "consent", "consent_date", "best_interest", "wraps", "receiver"} == set(transfer.guards)
    for what in WHATS:
        for (state, act), found in MACHINES[what].items():
            expected = "receiver" if act in ("accept", "reject", "receive") else "sender"
            assert found.by == ("supervisor" if (what, act) == ("transfer", "close") else expected), (state, act)


def test_nothing_leaves_an_end_and_the_sender_can_always_take_it_back() -> None:
    """Mutation: ("closed", "revise") in a table, or no "cancel" from ``accepted``."""
    for what in WHATS:
        for state in STATES:
            acts = [act for act in ACTS if step(what, state, act)]
            assert ("cancel" in acts) == (state not in ENDED)
            assert bool(acts) == (state not in ENDED)
        rejected = [act for act in ACTS if step(what, "rejected", act)]
        assert rejected == ["revise", "cancel"], "what was rejected returns to the sender"


@pytest.mark.requirement("M-4")
@given(any_facts)
def test_a_word_in_a_chat_is_no_consent(facts: Facts) -> None:
    """Mutation: "chat" in CONSENTS_FOR_ADULT, or no consent guard on accept or close."""
    chat = dataclasses.replace(facts, consent="chat")
    for what in WHATS:
        for state, act in (("draft", "propose"), ("proposed", "accept"), *((("received", "close"),) if what == "transfer" else ())):
            found = step(what, state, act)  # type: ignore[arg-type]
            assert found is not None
            assert "consent" in unmet(found.guards, chat)


@pytest.mark.requirement("D-9")
@given(any_facts)
def test_no_child_moves_without_a_dated_assessment(facts: Facts) -> None:
    """Mutation: the assessment is asked for transfers only, or a date to come counts."""
    child = dataclasses.replace(facts, child=True)
    assessed = child.best_interest_on is not None and child.best_interest_on <= TODAY
    assert ("best_interest" in lacking(**dataclasses.asdict(dataclasses.replace(child, what="transfer")))) == (not assessed)
    to_authority = dataclasses.replace(child, what="referral", to_authority=True)
    assert ("best_interest" in lacking(**dataclasses.asdict(to_authority))) == (not assessed)
    assert "best_interest" not in lacking(**dataclasses.asdict(dataclasses.replace(child, what="referral", to_authority=False)))


@pytest.mark.requirement("D-9")
def test_assent_is_for_children_and_a_signature_for_adults() -> None:
    """Mutation: the two tuples are joined into one."""
    assert not lacking()
    assert not lacking(consent="representative")
    assert lacking(consent="assent") == ("consent",)
    assert lacking(child=True, consent="written", best_interest_on=TODAY) == ("consent",)
    for consent in ("assent", "representative"):
        assert not lacking(child=True, consent=consent, best_interest_on=TODAY)


@pytest.mark.requirement("M-3")
@pytest.mark.parametrize("ago", range(-1, 10))
def test_a_service_is_confirmed_for_seven_days(ago: int) -> None:
    """Mutation: ``<`` for ``<=``, or a date to come counts."""
    assert bool(lacking(service_confirmed_on=TODAY - timedelta(days=ago))) == (not 0 <= ago <= 7)


@pytest.mark.requirement("M-5")
def test_high_risk_and_a_wish_to_return_ask_for_more() -> None:
    """Mutation: either guard is left out of a table."""
    assert lacking(high_risk=True) == ("case_conference",)
    assert not lacking(high_risk=True, case_conference=True)
    assert lacking(voluntary_repatriation=True) == ("return_focal_point",)
    assert not lacking(voluntary_repatriation=True, has_return_focal_point=True)
    assert lacking(consent_on=TODAY + timedelta(days=1)) == ("consent_date",)
    assert lacking(consent_on=None, has_receiver=False, wraps_missing=True) == ("receiver", "consent_date", "wraps")
    assert lacking(what="referral", wraps_missing=True) == (), "a referral moves nothing that is sealed"


def test_every_guard_is_asked_somewhere() -> None:
    """Mutation: a guard without a function, or one that no step asks."""
    asked = {guard for machine in MACHINES.values() for found in machine.values() for guard in found.guards}
    assert asked == set(GUARDS) == set(get_args(Guard))


class Walk(RuleBasedStateMachine):
    """Any act at any time with any facts: only what is in the tables and has what it needs gets anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.what, self.state, self.trail = "transfer", "draft", list[tuple[str, Facts]]()

    @precondition(lambda self: not self.trail)
    @rule(what=st.sampled_from(WHATS))
    def begin(self, what: str) -> None:
        self.what = what

    @rule(act=st.sampled_from(ACTS), facts=any_facts | st.just(GOOD), forward=st.booleans())
    def act(self, act: str, facts: Facts, forward: bool) -> None:
        if forward:  # so that long ways are walked too
            act = {"draft": "propose", "proposed": "accept", "accepted": "receive", "received": "close"}.get(self.state, act)
            facts = GOOD
        facts = dataclasses.replace(facts, what=self.what)  # type: ignore[arg-type]
        found = step(self.what, self.state, act)  # type: ignore[arg-type]
        if found is not None and not unmet(found.guards, facts):
            self.state = found.to
            self.trail.append((act, facts))

    @invariant()
    def the_end_was_earned(self) -> None:
        if self.state != "closed":
            return
        *_, propose, accept, receive, close = self.trail
        assert [act for act, _ in (propose, accept, receive, close)] == ["propose", "accept", "receive", "close"]
        for _, facts in (propose, accept, *([close] if self.what == "transfer" else [])):
            assert facts.consent != "chat" and facts.consent_on is not None and facts.has_receiver
            assert not facts.child or self.what != "transfer" or facts.best_interest_on is not None
            assert self.what != "transfer" or not facts.wraps_missing
        assert self.what != "transfer" or close[1].someone_else


Walk.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestWalk = pytest.mark.requirement("M-3")(Walk.TestCase)
