"""Effects of somebody who came back: with a code, or in a chat that is connected with a person on duty (D-10).

Here belongs what happens between a screen of the topics ``code`` and ``relay`` and ``bot.tickets``. Never here: what is stored and
what a code shows (there), sentences.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from bot import codes
from bot.codes import Busy, Derived
from bot.complaints import code as complaint_code
from bot.drafts import Draft
from bot.effects import Asked, Done, Handler
from bot.effects.complaining import COMPLAINT, Complaining, either
from bot.effects.means import Means, added, by, named, or_again, sealed_text
from bot.exchange import Person, StoreDown
from bot.tickets import code
from bot.tickets.code import Connected, Result
from flows.facts import ComplaintView, TicketView
from flows.kernel import Words

SAVED, GONE, ENDED = Done("saved"), Done("gone"), Done("ended")


class Following:
    """The handlers, and what the conversation asks about tickets before a turn (``Connections``)."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._complaining = Complaining(means)
        self._epoch = os.urandom(32)

    def handlers(self) -> Mapping[str, Handler]:
        own = self._of_requests()
        both = self._complaining.coming_back()
        return {**own, **{name: either(own[name], both[name]) for name in both}, **self._complaining.handlers()}

    def _of_requests(self) -> dict[str, Handler]:
        return {
            "try_code": self.try_code,
            "mark_read": self.mark_read,
            "add_note": self.add_note,
            "set_windows": self.set_windows,
            "set_way": self.set_way,
            "allow_abroad": self.allow_abroad,
            "only_here": self.only_here,
            "be_counted": self.be_counted,
            "withdraw": self.withdraw,
            "contest": self.contest,
            "rate": self.rate,
            "say_relay": self.say_relay,
            "end_relay": self.end_relay,
            "forget": self.forget,
        }

    # -- what the conversation asks

    async def connected(self, person: Person) -> bytes:
        """The pointer of the ticket that this chat is connected with, or nothing. A chat that was given up for another one is
        connected no longer; where the database cannot say so, whatever is done next asks it again."""
        if left := await self._means.pointers.left(person):
            with contextlib.suppress(StoreDown):
                await self._end(person, left)
        pointer = await self._means.pointers.get(person) or b""
        if pointer:
            with contextlib.suppress(StoreDown), or_again():
                if not await code.is_connected(self._means.tickets, Connected.unpack(pointer), self._means.now()):
                    await self._means.pointers.drop(person)
                    return b""
        return pointer

    async def view(self, draft: Draft, now: float) -> TicketView | None:
        """What the ticket in the draft shows; None: there is none any more."""
        if draft.about == COMPLAINT:
            return None
        with or_again():
            return await code.look(self._means.tickets, by(draft), self._means.now(), self._means.roster(), back=draft.back)

    async def complaint(self, draft: Draft) -> ComplaintView | None:
        """What the complaint in the draft shows; None: it is the code of a request, or there is none any more."""
        return await self._complaining.view(draft) if draft.about == COMPLAINT else None

    # -- the code

    async def try_code(self, asked: Asked) -> Done:
        """``saved`` | ``complaint`` | ``wrong`` | ``busy``. Wrong, withdrawn and forgotten are one answer, and cost the same work,
        whichever kind it might be of (P-6)."""
        typed = codes.reading(asked.inbound.words.reveal()) if asked.inbound.words is not None else None
        if typed is None:
            return Done("wrong")
        # Whoever tries codes is known here under a name that this process makes up and that ends with it.
        who = asked.inbound.person.pseudonym(self._epoch, b"attempts")

        async def look(derived: Derived) -> str | None:
            with or_again():
                request = await code.look(self._means.tickets, derived, self._means.now())
                complaint = await complaint_code.look(self._means.complaints, derived, self._means.now())
            return COMPLAINT if complaint is not None else "" if request is not None else None

        try:
            found = await self._means.line.attempt(who, typed, look)
        except Busy:
            return Done("busy")
        if found is None:
            return Done("wrong")
        draft = asked.draft
        draft.ticket, draft.key, draft.back, draft.about = found[0].lookup, found[0].key, 0, found[1]
        return Done(COMPLAINT) if found[1] else SAVED

    async def mark_read(self, asked: Asked) -> Done:
        """The last answer, or the one ``back`` before it, is what the code shows from now on."""
        asked.draft.back = int(asked.effect.params.get("back", 0))
        with or_again():
            await code.read_answer(self._means.tickets, self._code(asked), self._means.now(), back=asked.draft.back)
        return SAVED

    async def add_note(self, asked: Asked) -> Done:
        """``saved`` | ``gone`` | ``ended`` | ``identifying``. A note with a name or a number in it waits for one answer first."""
        if asked.inbound.words is None and not asked.draft.typed:
            return GONE
        means, draft = self._means, asked.draft
        result = await added(asked, lambda words, message: code.add_note(means.tickets, by(draft), words, message, means.now()))
        return result if isinstance(result, Done) else _told(result)

    async def set_windows(self, asked: Asked) -> Done:
        windows = self._means.windows(asked.session, str(asked.session.slot("country")))
        with or_again():
            return _told(await code.change_windows(self._means.tickets, self._code(asked), windows, self._means.now()))

    async def set_way(self, asked: Asked) -> Done:
        """To ``here``: this chat is connected from now on. To another way: it is not any more."""
        means, way = self._means, str(asked.session.slot("way"))
        contact = means.contact(way, asked)
        if way != "code" and contact is None:
            return Done("not_saved")
        found: list[bytes] = []

        def made(ticket: bytes) -> Words:
            found.append(ticket)
            assert contact is not None
            return contact(ticket)

        with or_again():
            view = await code.look(means.tickets, self._code(asked), means.now())
            if view is None:
                return GONE
            windows = means.windows(asked.session, view.country) if way != "code" else None
            result = await code.change_way(
                means.tickets,
                self._code(asked),
                way,  # type: ignore[arg-type]
                means.now(),
                contact_text=made if contact is not None else None,
                windows=windows,
                card_text=sealed_text(**means.reach(asked, way, windows, asked.draft.word)) if windows is not None else None,
            )
        if result == "saved":
            with or_again(behind=True):
                if way == "here":
                    await means.connect(asked.inbound.person, found[-1])
                else:
                    await self._let_go(asked.inbound.person)
            asked.draft.forget_request()
        return _told(result)

    async def allow_abroad(self, asked: Asked) -> Done:
        with or_again():
            country = str(asked.session.slot("abroad"))
            return _told(await code.agree_to(self._means.tickets, self._code(asked), [country], self._means.now()))

    async def only_here(self, asked: Asked) -> Done:
        with or_again():
            return _told(await code.only_here(self._means.tickets, self._code(asked), self._means.now()))

    async def be_counted(self, asked: Asked) -> Done:
        with or_again():
            counted = asked.session.slot("count") == "yes"
            return _told(await code.be_counted(self._means.tickets, self._code(asked), counted, self._means.now()))

    async def withdraw(self, asked: Asked) -> Done:
        with or_again():
            await code.withdraw(self._means.tickets, by(asked.draft), self._means.now())
        with or_again(behind=True):
            await self._let_go(asked.inbound.person)
        asked.draft.forget_ticket()
        return SAVED

    async def contest(self, asked: Asked) -> Done:
        with or_again():
            return _told(await code.contest(self._means.tickets, self._code(asked), self._means.now()))

    async def rate(self, asked: Asked) -> Done:
        with or_again():
            stars = int(asked.session.slot("rating", 0))
            return _told(await code.rate(self._means.tickets, self._code(asked), stars, self._means.now()))

    # -- the connected chat

    async def say_relay(self, asked: Asked) -> Done:
        """``saved`` | ``ended`` | ``gone``. Passed on and sealed; the connection lives on from now."""
        ticket = await self._ticket(asked)
        if ticket is None or asked.inbound.words is None:
            return GONE
        words, by_chat = asked.inbound.words, Connected.unpack(ticket)
        with named(asked, asked.inbound.message_id, words.reveal()) as message:
            with or_again():
                result = await code.add_note(self._means.tickets, by_chat, words, message, self._means.now())
            if result == "saved":
                with or_again(behind=True):
                    await self._means.pointers.set(asked.inbound.person, ticket, self._means.connected_seconds)
                return SAVED
        if result in ("ended", "wrong"):
            await self._means.pointers.drop(asked.inbound.person)
            return ENDED if result == "ended" else GONE
        return Done("not_saved")

    async def end_relay(self, asked: Asked) -> Done:
        await self._disconnect(asked)
        return SAVED

    async def forget(self, asked: Asked) -> Done:
        """The person left. The session store forgets at the end of the turn, the channel deletes what it can after it. A
        connected chat is connected no longer: the desk's next message is refused. Leaving works while the database is away, too:
        the pointer then says that the person left, until the ticket has heard of it."""
        ticket = await self._ticket(asked)
        if ticket is not None:
            try:
                await self._end(asked.inbound.person, ticket)
            except StoreDown:
                await self._means.pointers.leave(asked.inbound.person, ticket, self._means.connected_seconds)
        return Done("left")

    async def _ticket(self, asked: Asked) -> bytes | None:
        """The pointer of the ticket that this chat is connected with."""
        if asked.draft.ticket and not asked.draft.key:
            return asked.draft.ticket
        return await self._means.pointers.get(asked.inbound.person)

    async def _disconnect(self, asked: Asked) -> None:
        ticket = await self._ticket(asked)
        if ticket is None:
            return
        await self._end(asked.inbound.person, ticket)
        if not asked.draft.key:
            asked.draft.forget_ticket()

    async def _end(self, person: Person, ticket: bytes) -> None:
        with or_again():
            await code.end_connection(self._means.tickets, Connected.unpack(ticket), self._means.now())
        with or_again(behind=True):
            await self._means.pointers.drop(person)

    async def _let_go(self, person: Person) -> None:
        """Disconnect this chat, unless it is connected with another request than the one that has just ended it: more than one
        person may use a phone."""
        pointer = await self._means.pointers.get(person)
        if pointer is None:
            return
        with or_again():
            view = await code.look(self._means.tickets, Connected.unpack(pointer), self._means.now())
        if view is None:
            await self._means.pointers.drop(person)

    def _code(self, asked: Asked) -> Derived:
        """What needs the code itself. A connected chat without it does not come here: its screens do not offer it."""
        return Derived(asked.draft.ticket, asked.draft.key)


def _told(result: Result) -> Done:
    return {"saved": SAVED, "wrong": GONE, "ended": ENDED}.get(result, Done("not_saved"))
