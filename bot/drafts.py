"""What waits for a later yes: a number, a note, a code word, and the ticket that a code has opened.

A draft lies beside its session, sealed with it, lives as long and is wiped by leaving and by completion. Here belongs what may be
in it and how it is shown. Never here: a session (typed text is never in one), a table, a sentence.
"""

from __future__ import annotations

import msgspec

from flows.kernel import Data, Session

NOTE_LIMIT = 300
"""Characters of a note."""
WORD_LIMIT = 24
"""Characters of a code word."""


class Draft(msgspec.Struct, array_like=True, omit_defaults=True):
    """Belongs to one person and one turn at a time."""

    number: str = ""
    """A telephone number in E.164."""
    note: str = ""
    word: str = ""
    """A code word that the person chose."""
    ticket: bytes = b""
    """With ``key``: the look-up value of a code that was typed. Without: the pointer of the ticket of this connected chat."""
    key: bytes = b""
    """The code's key, with which answers can be read."""
    back: int = 0
    """Which answer is on the screen: so many before the last one."""
    about: str = ""
    """What the code in ``ticket`` belongs to: a request (empty) or a ``complaint``."""
    typed: str = ""
    """A note in which something identifies somebody, until the person has said what becomes of it."""
    typed_for: str = ""
    """What the number, note and word were typed for: a request (empty), or which path of a complaint. They go with nothing else:
    others read it."""
    tried: bytes = b""
    """Digest of what was sent and may have been kept although no answer came."""
    tried_as: str = ""
    """The name under which it was, so that the same thing, sent again, finds itself: until it does, or the conversation ends."""

    def __repr__(self) -> str:
        return "Draft(…)"

    @classmethod
    def unpack(cls, raw: bytes) -> Draft:
        """From ``pack()``. What an older version wrote and this one cannot read is nothing."""
        if not raw:
            return cls()
        try:
            return _decode(raw)
        except msgspec.MsgspecError:
            return cls()

    def pack(self) -> bytes:
        """Nothing where nothing waits."""
        return _encode(self) if self.number or self.note or self.word or self.ticket or self.typed or self.tried else b""

    def shown(self) -> dict[str, Data]:
        """What a screen may show of it: of a number the last three digits; of the rest only that it is there."""
        found = {}
        if self.number:
            found["number"] = Data("draft.number", f"··· ··· {self.number[-3:]}")
        for name in ("note", "word"):
            if getattr(self, name):
                found[name] = Data(f"draft.{name}", "···")
        return found

    def forget_request(self) -> None:
        """The request was sent or given up."""
        self.number = self.note = self.word = self.typed = self.typed_for = ""

    def typed_in(self, session: Session) -> None:
        """Something is kept that was typed there."""
        self.typed_for = _purpose(session)

    def forget_ticket(self) -> None:
        """The ticket is not looked at any more."""
        self.ticket = self.key = b""
        self.back, self.about = 0, ""

    def settle(self, session: Session) -> None:
        """Forget what the conversation cannot come back to."""
        if session.left:
            self.forget_request()
            self.forget_ticket()
            return
        if session.screen not in ASKED:
            self.typed = ""
        path = (session.screen, *session.back)
        strange = session.screen.startswith(WAITING) and _purpose(session) != self.typed_for
        if strange or session.screen == NOBODY or not any(screen.startswith(WAITING) for screen in path):
            self.forget_request()
        # At the menu nothing is left of a code, whichever way led there: "back" must not show an answer to the next who looks.
        if self.key and (session.screen == MENU or not any(screen.startswith(CODE) for screen in path)):
            self.forget_ticket()


#: Screens that ask what becomes of a note (``flows.identifying``); it waits no longer than one of them stands there.
ASKED = ("request.identifying", "complaint.identifying", "code.identifying", "code.complaint_identifying")
#: Topics in which something may wait.
WAITING = ("request.", "contact.", "code.", "complaint.")
#: Says that nothing was kept, since nobody may read it there.
NOBODY = "complaint.nobody"
#: The topic in which a code is open, and the screen that ends it.
CODE, MENU = "code.", "start.menu"


def _purpose(session: Session) -> str:
    """Empty for a request."""
    return f"complaint {session.slot('path') or 'other'}" if session.screen.startswith("complaint.") else ""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Draft).decode
