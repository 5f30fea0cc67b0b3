"""What may be added to a request, when somebody will look, and the receipt."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wall_clock import time_in
from flows.facts import KINDS, OTHER_LANGUAGES, Facts, OnCall
from flows.kernel import Clock, Country, Data, Day, Phrase, Session
from flows.on_duty import when
from tests.flows.asking import Asking, Changed, agreed, asking, walk
from tests.flows.world import NOW, SMS, TELEGRAM, facts, ids


def at_check(channel: Any = TELEGRAM, country: str = "CO", **rest: Any) -> Asking:
    return agreed(channel, country, **rest).picks("code", "no")


def part(play: Asking, id: str) -> Phrase:
    """A phrase of the present message, wherever in it."""
    stack: list[Any] = list(play.screen.parts)
    while stack:
        one = stack.pop()
        if isinstance(one, Phrase):
            if one.id == id:
                return one
            stack += one.params.values()
        else:
            stack += getattr(one, "items", ()) or ([one.value] if hasattr(one, "value") else [])
    raise AssertionError(f"{id} is not said: {play.ids}")


# --- D-7: when somebody will look ------------------------------------------------------------------------------------


@pytest.mark.requirement("D-7")
def test_while_somebody_is_on_duty_that_is_said_and_no_time_is_promised() -> None:
    """Mutation: an estimate."""
    play = asking().picks("yes")
    assert play.ids & {"request.who.open", "request.who.closed", "request.who.unknown"} == {"request.who.open"}
    done = at_check().picks("send")
    assert done.ids & {"request.done.open", "request.done.closed", "request.done.unknown"} == {"request.done.open"}
    assert part(done, "request.done.open").params == {}


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize("opens", [True, False])
def test_after_hours_says_so_with_the_next_opening_the_code_and_lines_that_answer(opens: bool) -> None:
    """Mutation: the text of the open hours; "soon" where no opening is known."""
    at = NOW + 9 * 3600 if opens else None
    duty = Changed(open_now=False, opens_at=at)
    play = asking(SMS, "CO", duty=duty).picks("yes")
    said = "request.who.closed" if opens else "request.who.unknown"
    assert play.screen.parts[0].id == said  # type: ignore[union-attr]
    assert ids(play.screen.parts) >= {said, "request.meanwhile", "helpline.line"}
    assert "request.who.open" not in play.ids
    done = play.picks("on", "adult", "yes", "code", "no", "send")
    assert done.here == "request.done"
    assert ("request.done.closed" if opens else "request.done.unknown") in done.ids


class AdultsOnly(Changed):
    """Somebody is on duty for adults, of ``org-a`` alone; everybody else begins in the morning."""

    def on_call(self, country: str, now: float, child: bool = False, without: Collection[str] = ()) -> OnCall:
        found = super().on_call(country, now, child, without)
        away = child or "org-a" in without
        return msgspec.structs.replace(found, open_now=False, opens_at=now + 9 * 3600) if away else found


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-9")
@pytest.mark.parametrize("whom", ["self", "friend"])
@pytest.mark.parametrize("channel", [TELEGRAM, SMS], ids=lambda traits: traits.name)
def test_a_child_is_told_when_somebody_trained_for_children_is_there(whom: str, channel: Any) -> None:
    """From the first screen on, at which nobody knows the age yet, to the receipt.

    Mutation: who is on duty for adults, said to a child; "someone is on duty" without "for adults" before the age is known; an
    adult who is told of the children's hours."""
    play = asking(channel, duty=AdultsOnly()).picks("yes")
    assert play.ids & {"request.who.open", "request.who.open_adults", "request.who.closed"} == {"request.who.open_adults"}
    play.picks(*(["on"] if whom == "self" else ["whom", "friend", "on"]), "under18")
    assert "request.done.closed" in play.ids
    child = play.picks("on", "yes", "code", "no")
    assert child.here == "request.check" and "abroad" in child.picks("details").graph.ids(child.session, child.facts)
    child.picks("skip", "send")
    assert child.ids & {"request.done.open", "request.done.closed"} == {"request.done.closed"}
    assert "request.who.closed" in child.picks("lines", "request", "yes").ids
    adult = asking(channel, duty=AdultsOnly()).picks("yes", "on", "adult", "yes", "code", "no", "send")
    assert adult.ids & {"request.done.open", "request.done.closed"} == {"request.done.open"}


@pytest.mark.requirement("D-9")
def test_where_children_are_heard_now_nothing_more_is_said() -> None:
    """Mutation: "for adults" where somebody for children is on duty too."""
    play = asking().picks("yes")
    assert "request.who.open" in play.ids
    assert "request.done.closed" not in play.picks("on", "under18").ids


@pytest.mark.requirement("D-7")
@pytest.mark.requirement("D-12")
def test_whoever_leaves_out_the_only_organisation_on_duty_is_told_that_nobody_looks_now() -> None:
    """On the last look before it is sent, and on the receipt.

    Mutation: who is on duty in general, said to somebody whose request they may not read; a wish that is read back as a key."""
    play = at_check(duty=AdultsOnly()).picks("details", "wishes", "organisation", "#0")
    assert play.here == "request.check" and {"request.check.not_org", "request.done.closed"} <= play.ids
    assert "request.done.closed" in play.picks("send").ids
    other = at_check(duty=AdultsOnly()).picks("details", "wishes", "organisation", "#1")
    assert "request.done.closed" not in other.ids and "request.done.open" in other.picks("send").ids


@pytest.mark.requirement("D-7")
def test_the_roster_is_looked_at_again_at_each_step() -> None:
    """A shift that ends while somebody writes. Mutation: remembering in the session who was on duty."""
    play = at_check()
    play.facts = msgspec.structs.replace(play.facts, duty=Changed(open_now=False, opens_at=None))
    assert "request.done.unknown" in play.picks("send").ids


def at(zone: str, *local: int) -> float:
    return datetime(*local, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[misc, arg-type]


def said(desk: OnCall, now: float, zones: tuple[str, ...]) -> Any:
    known: Facts = facts(SMS, now=now, time_in=time_in, zones=lambda country, place: zones)
    return when(desk, Session(slots={"country": desk.country}), known)


def desk(zone: str, opens_at: float | None, country: str = "CL") -> OnCall:
    return OnCall(country=country, answers=True, opens_at=opens_at, zone=zone)


@pytest.mark.requirement("D-7")
@pytest.mark.parametrize(
    ("zone", "now", "opens", "expected"),
    [
        # An ordinary evening, and the same day.
        ("America/Bogota", (2026, 11, 27, 20, 0), (2026, 11, 28, 8, 0), ("tomorrow", 480, None)),
        ("America/Bogota", (2026, 11, 27, 6, 30), (2026, 11, 27, 8, 0), ("today", 480, None)),
        # Across midnight, when it is the next day in UTC already.
        ("America/Bogota", (2026, 11, 27, 23, 50), (2026, 11, 28, 0, 15), ("tomorrow", 15, None)),
        # After a weekend and a holiday.
        ("America/Bogota", (2026, 11, 27, 20, 0), (2026, 12, 1, 8, 0), ("day", 480, (2026, 12, 1))),
        ("America/Bogota", (2026, 12, 31, 21, 0), (2027, 1, 4, 8, 0), ("day", 480, (2027, 1, 4))),
        # The night in which clocks go forward (Chile, 6 September 2026), and back (5 April 2026).
        ("America/Santiago", (2026, 9, 5, 20, 0), (2026, 9, 6, 8, 0), ("tomorrow", 480, None)),
        ("America/Santiago", (2026, 4, 4, 20, 0), (2026, 4, 5, 8, 0), ("tomorrow", 480, None)),
        ("America/New_York", (2026, 11, 1, 0, 30), (2026, 11, 1, 8, 0), ("today", 480, None)),
        ("America/New_York", (2027, 3, 13, 23, 30), (2027, 3, 14, 8, 0), ("tomorrow", 480, None)),
    ],
)
def test_the_next_opening_is_said_as_people_say_it_there(zone, now, opens, expected) -> None:
    """Mutation: days counted in periods of 24 hours; the date of UTC."""
    name, minutes, day = expected
    found = said(desk(zone, at(zone, *opens)), at(zone, *now), (zone,))
    assert found.id == f"request.when.{name}"
    assert found.params["time"] == Clock(minutes)
    if day:
        assert found.params["day"] == Day(datetime(*day).date())


@pytest.mark.requirement("D-7")
@settings(max_examples=300, deadline=None)
@given(
    zone=st.sampled_from(
        ["America/Bogota", "America/Santiago", "America/New_York", "America/Tijuana", "America/Sao_Paulo", "Pacific/Easter",
         "America/Caracas", "Pacific/Honolulu"]
    ),
    minutes=st.integers(0, 3 * 365 * 24 * 60),
    ahead=st.integers(1, 21 * 24 * 60),
)  # fmt: skip
def test_the_next_opening_is_the_date_and_time_of_the_calendar_there(zone: str, minutes: int, ahead: int) -> None:
    """Against the calendar of Python. Mutation: a day too early or too late on any day of the year."""
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opens = now + timedelta(minutes=ahead)
    here, there = now.astimezone(ZoneInfo(zone)), opens.astimezone(ZoneInfo(zone))
    found = said(desk(zone, opens.timestamp()), now.timestamp(), (zone,))
    days = (there.date() - here.date()).days
    assert found.id == f"request.when.{('today', 'tomorrow')[days] if days < 2 else 'day'}"
    assert found.params["time"] == Clock(there.hour * 60 + there.minute)
    assert found.params.get("day", Day(there.date())) == Day(there.date())


@pytest.mark.requirement("D-7")
def test_the_desk_s_own_time_is_named_where_the_person_s_is_not_plain() -> None:
    """Mutation: the desk's hours as if they were the person's."""
    opens = at("America/Mexico_City", 2026, 11, 28, 8, 0)
    now = at("America/Mexico_City", 2026, 11, 27, 20, 0)
    zones = ("America/Mexico_City", "America/Tijuana")
    found = said(desk("America/Mexico_City", opens, "MX"), now, zones)
    assert found.id == "request.when.zone"
    assert found.params["when"] == Phrase("request.when.tomorrow", {"time": Clock(480)})
    # A town of Tijuana's zone is known: its own time.
    assert said(desk("America/Mexico_City", opens, "MX"), now, ("America/Tijuana",)) == Phrase(
        "request.when.tomorrow", {"time": Clock(360)}
    )
    assert said(desk("America/Mexico_City", None, "MX"), now, zones) is None


# --- D-1, D-11: the note ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-1")
def test_a_note_is_optional_and_no_way_needs_one() -> None:
    """Mutation: a note on the way to sending."""
    assert not [step for step in walk(TELEGRAM, ("CO",)) if step.play.here == "request.note" and _unasked(step)]
    assert at_check().picks("send").request["drafts"] == ()
    play = at_check().picks("details", "note")
    assert play.here == "request.note"
    assert play.screen.parts[0].params == {"most": 300}  # type: ignore[union-attr]
    assert play.picks("skip").here == "request.check"


def _unasked(step: Any) -> bool:
    """The note came although neither it nor "I only want to tell" was chosen."""
    asked_again = step.before.screen in ("request.note", "request.identifying")
    return step.by not in ("note", "back", "again") and not step.before.slot("tells") and not asked_again


@pytest.mark.requirement("D-1")
def test_a_note_that_is_too_long_is_not_kept_and_that_is_said() -> None:
    """Mutation: cutting it silently."""
    play = at_check().picks("details", "note")
    play.outcome = "long"
    assert play.says("palabra " * 60).here == "request.note_long"
    assert play.facts.draft == {}
    play.outcome = "saved"
    assert play.says("un lugar para dormir con mis hijas").here == "request.check"
    assert play.picks("send").request["drafts"] == ("note",)


@pytest.mark.requirement("D-11")
def test_what_was_confided_is_answered_in_one_sentence_that_leaves_the_choice() -> None:
    """Mutation: a note answered like a form; the sentence on everybody's screen."""
    assert "request.heard" not in at_check().ids
    note = at_check().picks("details", "note").says("necesito hablar con alguien")
    assert "request.heard" in note.ids
    hurt = at_check().picks("details", "need", f"#{KINDS.index('case-management')}")
    assert "request.heard" in hurt.ids
    assert "request.heard" not in at_check().picks("details", "need", "#0").ids
    # The first line of a message shows on a locked screen: it is the same for everybody (E-7).
    assert hurt.screen.parts[0] == at_check().screen.parts[0]


@pytest.mark.requirement("E-6")
def test_a_note_with_an_urgent_cue_is_kept_and_brings_the_numbers() -> None:
    """Mutation: a note that can never be left because each try brings the card and the same question."""
    play = at_check(SMS).picks("details", "note").says("me quiero matar, ya no puedo mas")
    assert [effect.name for effect in play.asked] == ["keep_note"]
    assert "crisis.A" in play.ids
    assert play.here == "request.check"


def test_a_number_out_of_habit_or_a_heart_is_no_note() -> None:
    """Mutation: keeping "3" as what somebody confided."""
    play = at_check(SMS).picks("details", "note").says("3", "❤️", "...")
    assert play.here == "request.note"
    assert play.asked == []
    assert play.says("gracias").asked != []  # a word that greets elsewhere is a word to a person here


# --- D-12, L-4: wishes -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("D-12")
def test_wishes_go_with_the_request_and_can_be_taken_back() -> None:
    """Mutation: a wish that is asked and not sent."""
    play = at_check().picks("details", "wishes", "woman")
    assert "request.check.woman" in play.ids
    play.picks("details", "wishes", "organisation", "#1")
    assert part(play, "request.check.not_org").params == {"organisation": Data("organisation", "Organización Demo B")}
    play.picks("details", "wishes", "language", "#0")
    session, known = play.session, play.facts
    request = play.picks("send").request
    assert (request["wish"], request["not_orgs"], request["other_lang"]) == ("woman", ("org-b",), OTHER_LANGUAGES[0])
    back = Asking(TELEGRAM, known=known)
    back.session = session
    request = back.picks("details", "wishes", "skip", "send").request
    assert (request["wish"], request["not_orgs"], request["other_lang"]) == ("", (), "")


@pytest.mark.requirement("D-12")
@pytest.mark.requirement("L-4")
def test_a_wish_that_nobody_there_can_meet_is_said_to_be_uncertain() -> None:
    """Mutation: a wish that sounds like a promise."""
    nobody = Changed(women=False, languages=("es",), organisations=())
    assert "request.check.cannot" not in at_check().picks("details", "wishes", "woman").ids
    assert "request.check.cannot" in at_check(duty=nobody).picks("details", "wishes", "woman").ids
    assert "request.check.cannot" not in at_check(duty=nobody).picks("details", "wishes", "man").ids
    creole = OTHER_LANGUAGES.index("ht")
    assert "request.check.cannot" not in at_check().picks("details", "wishes", "language", f"#{creole}").ids
    assert "request.check.cannot" in at_check(duty=nobody).picks("details", "wishes", "language", f"#{creole}").ids
    without = at_check(duty=nobody).picks("details", "wishes")
    assert "organisation" not in {option.id for option in without.screen.options}


@pytest.mark.requirement("D-12")
def test_an_organisation_that_left_the_desk_is_left_out_all_the_same() -> None:
    """Others may have become one with it; it has no name to be shown by. Mutation: dropping it with its last account."""
    play = at_check().picks("details", "wishes", "organisation", "#0")
    chosen = play.session.slot("not_org")
    play.facts = msgspec.structs.replace(play.facts, duty=Changed(organisations=()))
    assert "request.check.not_org" not in ids(play.graph.view(play.session, play.facts).parts)
    assert chosen and play.picks("send").request["not_orgs"] == (chosen,)


@pytest.mark.requirement("L-4")
def test_every_language_that_faro_does_not_speak_can_be_wished_for_in_its_own_name() -> None:
    """Mutation: a language left out of the list."""
    play = at_check().picks("details", "wishes", "language")
    assert play.screen.parts[0].id == "request.languages"  # type: ignore[union-attr]
    for number, code in enumerate(OTHER_LANGUAGES):
        chosen = at_check().picks("details", "wishes", "language", f"#{number}")
        assert chosen.session.slot("other_lang") == code
    assert play.says("kreyol ayisyen").session.slot("other_lang") == "ht"


def test_the_kind_of_help_and_urgency_are_said_back_and_sent() -> None:
    """Mutation: an urgent request without the emergency key beside it."""
    play = at_check().picks("details", "need", "#2", "details", "urgent_yes")
    assert part(play, "request.check.need").params == {"need": Phrase("services.kind.legal")}
    assert "request.check.urgent" in play.ids
    assert "urgent_no" in {option.id for option in play.picks("details").screen.options}
    play.picks("skip", "send")
    assert (play.request["need"], play.request["urgent"]) == ("legal", True)
    calm = at_check().picks("details", "urgent_yes", "details", "urgent_no", "send")
    assert calm.request["urgent"] is False


# --- the last look and the receipt -------------------------------------------------------------------------------------


def test_the_last_look_says_where_it_goes_how_the_answer_comes_and_that_nothing_is_sent_yet() -> None:
    """Mutation: a check screen that says less than is sent."""
    play = agreed().picks("phone", "yes").says("300 123 4567").picks("mine", "on", "yes")
    assert part(play, "request.check").params == {"country": Country("CO")}
    assert part(play, "request.check.way.phone").params == {"number": Data("draft.number", "··· ··· 321")}
    assert "request.check.counted" in play.ids
    assert play.opened == []
    stopped = play.picks("stop")
    assert stopped.here == "request.stopped"
    assert stopped.opened == []


@pytest.mark.requirement("P-6")
def test_the_receipt_shows_the_code_of_this_request_and_shows_it_again() -> None:
    """Mutation: a code of another turn; a receipt that a repeated message cannot draw."""
    asked: list[tuple[bytes, int, int]] = []

    def code(session: bytes, turn: int, collision: int) -> str:
        asked.append((session, turn, collision))
        return "0412 375 908 264"

    play = at_check(code=code).picks("send")
    opened = play.session.slot("opened")
    assert asked == [(play.session.id, *opened)]
    assert part(play, "request.done").params == {"code": Data("code", "0412 375 908 264")}
    assert {"request.done.lost", "request.done.worse"} <= play.ids
    first = play.screen.parts
    assert play.commands("again").screen.parts == first
    assert play.commands("back").screen.parts == first
    assert len(play.opened) == 1


def test_after_the_receipt_nothing_of_the_answers_is_left() -> None:
    """But for what a later request of this conversation is asked by. Mutation: slots that survive sending."""
    play = agreed().picks("phone", "yes").says("300 123 4567").picks("mine", "on", "yes", "details", "urgent_yes", "send")
    assert set(play.session.slots) <= {"country", "opened", "age"}
    assert play.facts.draft == {}
    assert play.picks("on").here == "start.menu"
