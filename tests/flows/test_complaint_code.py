"""Coming back with the code of a complaint: how far it is, what was answered, and what can still be done (C-7)."""

from __future__ import annotations

from typing import Any

import pytest

from flows.complaint_code import STATES
from flows.facts import ComplaintView
from flows.kernel import Data
from flows.topics import GRAPH
from tests.flows.coming_back import CODE, COMPLAINTS, back, complaint
from tests.flows.world import COMPLAINT, SMS, TELEGRAM, Play, data


def opened(view: ComplaintView | None = COMPLAINT, channel=SMS, lang: str = "es") -> Play:
    """The code was typed behind the gate."""
    play = back(channel, lang, ticket=None, complaint=view)
    play.picks("code", "yes")
    play.outcome = "complaint"
    play.says(CODE)
    play.outcome = "saved"
    return play


@pytest.mark.requirement("C-7")
def test_the_code_shows_one_of_five_states_and_nothing_of_what_was_sent() -> None:
    """Mutation: the topic or whom it is about beside the state; a sixth state."""
    for name, view in COMPLAINTS.items():
        play = opened(view)
        assert play.here == "code.complaint", name
        assert len(play.ids & {f"code.complaint.{state}" for state in STATES}) == 1
        assert {field.source for field in data(play.screen.parts)} <= {"helpline"}, name
    # Nothing of it can be shown: the view has no field for it.
    assert not {"note", "about", "organisation", "topic", "card", "child", "place"} & set(ComplaintView.__struct_fields__)


@pytest.mark.requirement("E-4")
@pytest.mark.requirement("P-6")
def test_a_code_typed_anywhere_asks_first_whether_the_phone_is_safe_whatever_it_belongs_to() -> None:
    """Mutation: another screen for a complaint before the gate."""
    shown = []
    for outcome, view in (("saved", None), ("complaint", COMPLAINT)):
        play = back(SMS, ticket=None, complaint=view)
        play.outcome = outcome
        shown.append(play.says(CODE).screen.parts)
        assert play.here == "code.known"
    assert shown[0] == shown[1]
    play.outcome = "saved"
    assert play.picks("yes").here == "code.complaint"


@pytest.mark.requirement("P-6")
def test_what_is_no_code_of_either_kind_gets_the_same_answer() -> None:
    """Mutation: a word of its own for a complaint that was withdrawn."""
    play = back(SMS, ticket=None).picks("code", "yes")
    play.outcome = "wrong"
    assert play.says(CODE).here == "code.again"
    gone = opened(complaint(status="closed", may_contest=True)).picks("contest")
    gone.outcome = "gone"
    assert gone.picks("yes").here == "code.again"
    assert gone.ids == play.ids


@pytest.mark.requirement("C-6")
@pytest.mark.requirement("C-7")
def test_the_next_step_stands_against_its_deadline_and_late_is_called_late() -> None:
    """With who answers meanwhile. Mutation: a deadline that has passed as if it were still to come; silence about it."""
    on_time = opened(COMPLAINTS["received"])
    assert {"code.complaint.due"} <= on_time.ids
    assert "code.complaint.late" not in on_time.ids
    late = opened(COMPLAINTS["late"])
    assert {"code.complaint.late", "request.meanwhile"} <= late.ids
    assert "code.complaint.due" not in late.ids
    assert "911" not in [field.text for field in data(late.screen.parts)]
    assert "code.complaint.due" not in opened(complaint(status="closed", over=True, due=None)).ids


@pytest.mark.requirement("C-7")
def test_an_answer_is_read_in_parts_and_a_question_is_called_one() -> None:
    """Mutation: shown without being marked as read; an older one that marks the last."""
    play = opened().picks("answer")
    assert play.asked[-1].params == {"back": 0}
    assert "code.complaint_question" in play.ids
    assert Data("answer", COMPLAINT.answer) in data(play.screen.parts)
    play.picks("older")
    assert play.asked[-1].params == {"back": 1}
    assert "code.answer" in opened(COMPLAINTS["answer waiting"]).picks("answer").ids
    numbered = " ".join(f"palabra{number}" for number in range(99))
    long = opened(complaint(status="answer_waiting", answer=numbered, asks=False)).picks("answer")
    assert "code.answer.part" in long.ids
    assert data(long.screen.parts) != data(long.picks("more").screen.parts)


@pytest.mark.requirement("C-7")
@pytest.mark.parametrize(
    ("options", "text", "effect", "screen"),
    [
        (("write",), "una cosa más", "add_note", "complaint_noted"),
        (("contest", "yes"), "", "contest", "complaint_contested"),
        (("withdraw", "yes"), "", "withdraw", "complaint_withdrawn"),
    ],
)
def test_writing_again_contesting_and_withdrawing(options: Any, text: str, effect: str, screen: str) -> None:
    """Mutation: one of them without its effect; withdrawing without being asked once more."""
    play = opened(channel=TELEGRAM)
    play.picks(*options)
    if text:
        play.says(text)
    assert (play.asked[-1].name, play.here) == (effect, f"code.{screen}")
    no = opened(channel=TELEGRAM)
    if len(options) > 1:
        assert no.picks(options[0], "no").here == "code.complaint"
    for outcome, to in (("gone", "again"), ("ended", "complaint"), ("full", "complaint_full"), ("down", "not_saved")):
        failed = opened(channel=TELEGRAM)
        failed.picks(*options[:-1] if not text else options)
        failed.outcome = outcome
        failed.says(text) if text else failed.picks(options[-1])
        expected = to if effect != "withdraw" else "not_saved"
        assert failed.here == f"code.{expected}", outcome


@pytest.mark.requirement("C-7")
def test_whoever_asks_for_a_new_look_is_told_that_nothing_is_left_to_look_at() -> None:
    """Before and after. Mutation: only after, when the one new look is used up; also while it is still there."""
    for erased in (True, False):
        play = opened(complaint(status="closed", may_contest=True, erased=erased)).picks("contest")
        assert ("code.complaint_erased" in play.ids) == erased
        assert ("code.complaint_erased" in play.picks("yes").ids) == erased


def test_what_is_over_takes_no_words_and_a_number_is_no_message() -> None:
    """Mutation: a note that nobody will read."""
    over = opened(COMPLAINTS["closed"])
    assert "write" not in GRAPH.ids(over.session, over.facts)
    assert "contest" in GRAPH.ids(over.session, over.facts)
    assert "contest" not in GRAPH.ids(opened(COMPLAINTS["closed again"]).session, opened(COMPLAINTS["closed again"]).facts)
    habit = opened().picks("write").says("2")
    assert [effect.name for effect in habit.asked] == ["try_code"]
    assert opened().picks("write").says("x" * 301).here == "code.complaint_long"


def test_whose_complaint_is_gone_meanwhile_is_asked_for_a_code() -> None:
    """Mutation: an error, or the state of before."""
    play = opened()
    play.facts = opened(None).facts
    assert "code.ask" in play.commands("again").ids
    assert "lost" in GRAPH.ids(play.session, play.facts)
