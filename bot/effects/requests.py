"""The effect that hands a request over, and the table of all handlers.

Here belongs how answers of closed sets and what waits in the draft become a request (``bot.tickets.intake``). Never here: which
answers there are and what is asked (``flows.request``), how it is sealed and stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.complaints.routing import network
from bot.effects import Asked, Done, Effects, drafting
from bot.effects.following import Following
from bot.effects.means import Means, named, or_again, sealed_text
from bot.sealing import CannotSeal
from bot.tickets.intake import NoDuty, Request, open_ticket
from flows.kernel import Words

NO_DUTY = Done("no_duty")


class Requesting:
    """The handler of ``open_request``."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def open_request(self, asked: Asked) -> Done:
        """``saved`` | ``no_duty``. On the disk before it says so; the same request, sent again, finds itself and its code.

        A chat that is to be written to is connected afterwards: whoever stops in between has the message delivered again."""
        means, session = self._means, asked.session
        if session.slot("ask") != "yes":
            return NO_DUTY  # no flow leads here without consent (a)
        way = str(asked.effect.params["way"])
        if way == "phone" and not asked.draft.number:
            return Done("not_saved")
        try:
            with named(asked, str(session.turn), asked.draft.number, asked.draft.note, asked.draft.word) as turn:
                with or_again():
                    left_out = await self._left_out(asked.effect.params["not_orgs"])
                    request = self._request(asked, int(turn), way, left_out)
                    opened = await open_ticket(means.tickets, means.line.intake, request, means.now(), lasts=asked.lasts)
                if isinstance(opened, NoDuty):
                    return NO_DUTY
                if way == "here":
                    with or_again(behind=True):
                        await means.connect(asked.inbound.person, opened.ticket_id)
        except CannotSeal:
            return Done("not_saved")
        asked.draft.forget_request()
        place = session.slot("place", 0)
        return Done(
            "saved",
            {
                "country": session.slot("country"),
                **({"place": place} if place else {}),
                **({"age": session.slot("age")} if session.slot("age") else {}),
                **({"abroad": session.slot("abroad")} if session.slot("abroad") else {}),
                # Whose staff one request was wished to leave out, a later one of this conversation leaves out too.
                **({"not_org": session.slot("not_org")} if session.slot("not_org") else {}),
                "way": way,
                "safe": "yes",
                "opened": (int(turn), opened.collision),
            },
        )

    async def _left_out(self, organisations: Sequence[str]) -> tuple[str, ...]:
        """Keys of all whose staff shall not see it: of the organisations that were named, and of what became one with them."""
        found: set[str] = set()
        if organisations:
            async with self._means.tickets.engine.connect() as connection:
                for organisation in organisations:
                    found |= (await network(connection, organisation)).tied(organisation)
        return tuple(sorted(found))

    def _request(self, asked: Asked, turn: int, way: str, left_out: tuple[str, ...]) -> Request:
        # What was agreed is in the effect (``flows.sending.opening``); slots also hold what was chosen and taken back again.
        means, session, draft, agreed = self._means, asked.session, asked.draft, asked.effect.params
        country = str(agreed["country"])
        windows = means.windows(session, country) if way != "code" else None
        return Request(
            session_id=session.id,
            turn=turn,
            consent=session.slot("ask") == "yes",
            country=country,
            countries=tuple(code for code in agreed["countries"] if code != country),
            lang=session.lang,
            way=way,
            other_lang=str(agreed["other_lang"]),
            wish=str(agreed["wish"]),
            not_organisations=left_out,
            age=str(agreed["age"]),
            child=agreed["age"] == "under18",
            urgent=bool(agreed["urgent"]),
            tells_only=bool(agreed["tells"]) and way == "code",
            counted=bool(agreed["counted"]),
            need=str(agreed["need"]),
            windows=windows,
            contact_text=means.contact(way, asked),
            card_text=sealed_text(**self._card(asked, way)),
            note_text=Words(draft.note) if draft.note and "note" in agreed["drafts"] else None,
        )

    def _card(self, asked: Asked, way: str) -> dict[str, object]:
        """What makes reaching the person safe (D-5, D-6), as the desk's browser reads it. Closed values, but for code words."""
        session, draft, agreed = asked.session, asked.draft, asked.effect.params
        card: dict[str, object] = {
            "kind": agreed["need"],
            "for": agreed["whom"],
            "elsewhere": agreed["elsewhere"],
            "representative": agreed["representative"],
        }
        if way == "code":
            return card
        windows = self._means.windows(session, str(agreed["country"]))
        return card | self._means.reach(asked, way, windows, draft.word if "word" in agreed["drafts"] else "")


def effects(means: Means) -> Effects:
    """Everything that a turn may ask to be done outside."""
    following = Following(means)
    return Effects(
        {**drafting.HANDLERS, **following.handlers(), "open_request": Requesting(means).open_request}, connections=following
    )
