"""A small conversation for the tests of adapters alone: it numbers its turns, draws a redelivery again, and can leave.

Here belongs only what an adapter can see of a conversation. What Faro really says is tested in ``test_contract.py``.
"""

from __future__ import annotations

from bot.exchange import Button, Inbound, Message, Reply


class Scripted:
    """``handle`` answers "turn N" with two buttons; "where" asks for a location, "leave" and the second button leave.

    What came in is kept in ``inbound``, as it was given. ``say`` replaces the text of the next answers."""

    def __init__(self) -> None:
        self.inbound: list[Inbound] = []
        self.fails: list[Exception] = []
        """Raised one after the other before anything is answered."""
        self.say = ""
        self._turn = 0
        self._answered: dict[tuple[bytes, str], Reply] = {}

    @property
    def last(self) -> Inbound:
        return self.inbound[-1]

    async def handle(self, inbound: Inbound) -> Reply:
        if self.fails:
            raise self.fails.pop(0)
        key = (inbound.person.pseudonym(b"e" * 32, b"test"), inbound.message_id)
        self.inbound.append(inbound)
        if key not in self._answered:
            self._answered[key] = self._answer(inbound)
        return self._answered[key]

    def _answer(self, inbound: Inbound) -> Reply:
        self._turn += 1
        words = inbound.words.reveal() if inbound.words is not None else ""
        press = inbound.press
        if words == "leave" or (press is not None and press.turn >= 0 and press.ordinal == 1):
            return Reply(None, forget=True, outcome="left")
        rows = ((Button("on", 0), Button("leave", 1)),)
        label = "Share where I am" if words == "where" else ""
        message = Message(self.say or f"turn {self._turn}", rows, label if inbound.traits.location else "", self._turn)
        return Reply(message, lang="en", edit=press is not None, screen="test.turn", outcome="answered")
