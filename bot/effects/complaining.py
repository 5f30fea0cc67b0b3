"""Effects of somebody who complains, thanks or asks, and of somebody who comes back with the code of a complaint (C-5, C-7).

Here belongs how answers of closed sets and what waits in the draft become a complaint (``bot.complaints.intake``) or a remark on an
entry of the directory, and what happens between a screen of such a code and ``bot.complaints.code``. Never here: who may read it,
how it is sealed and stored, sentences.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping

from bot import remarks
from bot.codes import Busy, Derived
from bot.complaints import code
from bot.complaints.code import Result
from bot.complaints.intake import NobodyReads, Said, open_complaint
from bot.drafts import Draft
from bot.effects import Asked, Done, Handler
from bot.effects.means import Means, added, named, or_again, sealed_text
from bot.exchange import Person
from bot.sealing import CannotSeal
from flows.facts import ComplaintView
from flows.kernel import SlotValue, Words

COMPLAINT = "complaint"
"""``Draft.about`` of a code that belongs to a complaint."""

SAVED, NOBODY, BUSY, NOT_SAVED = Done("saved"), Done("nobody"), Done("busy"), Done("not_saved")


def either(request: Handler, complaint: Handler) -> Handler:
    """What a code of the one or the other kind is handed to."""

    async def run(asked: Asked) -> Done:
        return await (complaint if asked.draft.about == COMPLAINT else request)(asked)

    return run


class Complaining:
    """The handlers."""

    def __init__(self, means: Means) -> None:
        self._means = means
        # Whoever sends is known to the limits under a name that this process makes up and that ends with it.
        self._epoch = os.urandom(32)

    def handlers(self) -> Mapping[str, Handler]:
        """Those of effects that only complaints have."""
        return {"open_complaint": self.open_complaint, "remark": self.remark}

    def coming_back(self) -> Mapping[str, Handler]:
        """Those of effects that a code of either kind may ask for."""
        return {"mark_read": self.mark_read, "add_note": self.add_note, "contest": self.contest, "withdraw": self.withdraw}

    # -- sending

    async def open_complaint(self, asked: Asked) -> Done:
        """``saved`` | ``nobody`` | ``busy``. On the disk before it says so; the same complaint, sent again, finds itself and its
        code. What is kept of the conversation: where it is, that the phone is safe, and whether it is about who answers here."""
        means, session, sent = self._means, asked.session, asked.effect.params
        if session.slot("safe") != "yes":
            return NOBODY  # no flow leads here without the question of E-4
        try:
            with named(asked, str(session.turn), asked.draft.note) as turn, or_again():
                try:
                    with self._admitting(asked.inbound.person) as admits:
                        said = self._said(asked, int(turn))
                        opened = await open_complaint(
                            means.complaints, means.line.intake, said, means.now(), lasts=asked.lasts, admits=admits
                        )
                except Busy:
                    return BUSY
        except CannotSeal:
            return NOT_SAVED
        if isinstance(opened, NobodyReads):
            return NOBODY
        asked.draft.forget_request()
        kept: dict[str, SlotValue] = {
            "country": session.slot("country"),
            "safe": "yes",
            "opened": (int(turn), opened.collision),
            **{name: session.slot(name) for name in ("place", "path", "minor", "child") if session.slot(name)},
            **({"about": "responders"} if sent["about"] == "responders" else {}),
        }
        return Done("saved", kept)

    @contextlib.contextmanager
    def _admitting(self, person: Person) -> Iterator[Callable[[], bool]]:
        """Whether this person may send one now. What then was not taken, whatever the fault, is not counted against them: they
        are asked to try again, and the same message is delivered again."""
        limits, who, admitted = self._means.limits, person.pseudonym(self._epoch, b"complaints"), [False]

        def admits() -> bool:
            admitted[0] = limits.admits(who)
            return admitted[0]

        try:
            yield admits
        except BaseException:
            if admitted[0]:
                limits.gives_back(who)
            raise

    def _said(self, asked: Asked, turn: int) -> Said:
        # What was agreed is in the effect (``flows.complaining.opening``); slots also hold what was chosen and taken back again.
        session, draft, sent = asked.session, asked.draft, asked.effect.params
        return Said(
            session_id=session.id,
            turn=turn,
            country=str(sent["country"]),
            lang=session.lang,
            inbox=str(sent["inbox"]),
            about=str(sent["about"]),
            organisation=str(sent["organisation"]),
            topic=str(sent["topic"]),
            child=bool(sent["child"]),
            urgent=bool(sent["urgent"]),
            counted=bool(sent["counted"]),
            card_text=sealed_text(**sent["card"]),
            note_text=Words(draft.note) if draft.note and sent["note"] else None,
        )

    async def remark(self, asked: Asked) -> Done:
        """That an entry is wrong: its key and what, and nothing of who said it."""
        said = asked.effect.params
        with or_again():
            await remarks.add(
                self._means.complaints.engine, str(said["service"]), str(said["country"]), str(said["what"]), self._means.now()
            )
        return SAVED

    # -- coming back

    async def view(self, draft: Draft) -> ComplaintView | None:
        """What the complaint in the draft shows; None: there is none any more."""
        with or_again():
            return await code.look(self._means.complaints, _by(draft), self._means.now(), back=draft.back)

    async def mark_read(self, asked: Asked) -> Done:
        """The last answer, or the one ``back`` before it, is what the code shows from now on."""
        asked.draft.back = int(asked.effect.params.get("back", 0))
        with or_again():
            await code.read_answer(self._means.complaints, _by(asked.draft), self._means.now(), back=asked.draft.back)
        return SAVED

    async def add_note(self, asked: Asked) -> Done:
        """``saved`` | ``gone`` | ``ended`` | ``full`` | ``identifying``: see ``drafting.noted``."""
        if asked.inbound.words is None and not asked.draft.typed:
            return NOT_SAVED
        means, draft = self._means, asked.draft
        result = await added(asked, lambda words, message: code.add_note(means.complaints, _by(draft), words, message, means.now()))
        return result if isinstance(result, Done) else _told(result)

    async def contest(self, asked: Asked) -> Done:
        with or_again():
            return _told(await code.contest(self._means.complaints, _by(asked.draft), self._means.now()))

    async def withdraw(self, asked: Asked) -> Done:
        with or_again():
            await code.withdraw(self._means.complaints, _by(asked.draft), self._means.now())
        asked.draft.forget_ticket()
        return SAVED


def _by(draft: Draft) -> Derived:
    """A complaint is met by its code alone: no chat is connected with one."""
    return Derived(draft.ticket, draft.key)


def _told(result: Result) -> Done:
    return {"saved": SAVED, "wrong": Done("gone"), "ended": Done("ended"), "full": Done("full")}.get(result, NOT_SAVED)
