"""Complaints for the tests of the desk: who reads them here, and complaints that wait in few words.

Here belongs what tests of the inboxes, of one complaint and of the register share. Never here: fixtures, tests.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page
from sqlalchemy import delete, insert, select, update

from bot.codes import Codes, Derived
from bot.complaints import code
from bot.complaints.intake import Opened, Said, open_complaint
from bot.complaints.storing import Complaints
from bot.complaints.tables import Complaint, ComplaintEntry, ComplaintItem, Forwarding
from bot.sealing import Envelope, unseal
from bot.staff import accounts
from bot.staff.tables import Employer, Staff
from bot.tickets.guard import Guard
from bot.tickets.own_key import unlock_private
from flows.kernel import Words
from tests.desk.requests import CHEAP
from tests.desk.stage import Stage

NOTE: Final = "una palabra rara: hipopotomonstroses"
CARD: Final[dict[str, str]] = {
    "whose": "own", "place": "Zarzamora", "when": "week", "danger": "no", "child": "no", "help": "yes", "contact": "yes",
    "about": "organisation", "topic": "money",
}  # fmt: skip
#: Of a network that watches: focal point, who stands in, and coordination; of the organisation concerned: its unit, and another.
FOCAL, BACKUP, COORDINATOR, UNIT, TIED = "psea-observa-1", "psea-observa-2", "coordinator-observa-1", "psea-unit-1", "psea-tied-1"
WATCHES: Final = "red-observa"
PEOPLE: Final[dict[str, dict[str, Any]]] = {
    FOCAL: {"organisation": WATCHES, "roles": ["psea_focal_point"]},
    BACKUP: {"organisation": WATCHES, "roles": ["psea_focal_point"]},
    COORDINATOR: {"organisation": WATCHES, "roles": ["coordinator"]},
    UNIT: {"organisation": "casa-sur", "roles": ["psea_focal_point"]},
    TIED: {"organisation": "casa-sur", "roles": ["psea_focal_point"]},
}


class Hearings:
    """Complaints on a stage: sent, looked at behind everybody's back, answered for by their code."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.codes = Codes(stage.secret, cost=CHEAP)
        self.complaints = Complaints(stage.engine, Guard(stage.secret))
        self._turns = itertools.count(1)
        self.keys: dict[bytes, Derived] = {}

    async def people(self) -> None:
        """Accounts of those who read complaints, each with a key, once."""
        lines = ["[[employer]]", f"key = {WATCHES!r}", "name = 'Red Observa'"]
        for name, said in PEOPLE.items():
            given = {"name": name, "countries": ["CO"], "languages": ["es"], "lang": "en", **said}
            lines += ["[[staff]]", *(f"{field} = {value!r}" for field, value in given.items())]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "staff.toml"
            path.write_text("\n".join(lines), encoding="utf-8")
            await accounts.load_staff(self.stage.engine, path, self.stage.now())
        async with self.stage.engine.begin() as connection:
            await connection.execute(update(Employer).where(Employer.key == WATCHES).values(independent=True))  # type: ignore[arg-type]
            await connection.execute(update(Staff).where(Staff.name == BACKUP).values(stands_in=True))  # type: ignore[arg-type]
            await connection.execute(update(Staff).where(Staff.name == UNIT).values(investigates=("casa-sur",)))  # type: ignore[arg-type]
        for name in PEOPLE:
            await self.stage.account(name)

    async def clear(self) -> None:
        async with self.stage.engine.begin() as connection:
            for table in (ComplaintItem, Forwarding, Complaint, ComplaintEntry):
                await connection.execute(delete(table))

    async def send(self, **changes: Any) -> bytes:
        """Somebody in Colombia about the staff of Casa Sur. The id of the complaint."""
        card = {**CARD, **changes.pop("card", {})}
        values: dict[str, Any] = {
            "session_id": bytes(range(16)), "turn": next(self._turns), "country": "CO", "lang": "es", "inbox": "psea",
            "about": "organisation", "organisation": "casa-sur", "topic": "money", "card_text": Words(json.dumps(card)),
            "note_text": Words(NOTE), "message_id": "m1",
        } | changes  # fmt: skip
        said = Said(**values)
        opened = await open_complaint(self.complaints, self.codes, said, self.stage.now())
        assert isinstance(opened, Opened)
        of_turn = self.codes.code(said.session_id, said.turn, opened.collision)
        self.keys[opened.complaint_id] = await self.codes.derived(of_turn)
        return opened.complaint_id

    async def feedback(self, **changes: Any) -> bytes:
        """Somebody who waited for long, or asks whether something is true."""
        given = {"inbox": "feedback", "about": "service", "organisation": "", "topic": "waited"}
        return await self.send(**given | changes)

    async def accept(self, name: str, complaint_id: bytes) -> None:
        async with self.stage.client(name) as client:
            answer = await client.post(f"/desk/complaint/{complaint_id.hex()}/accept")
            assert answer.headers["location"].endswith("?done=accepted"), answer.status_code

    async def look(self, page: Page, complaint_id: bytes) -> None:
        await page.goto(f"{self.stage.url}/desk/complaint/{complaint_id.hex()}")

    # --- what the person does with the code

    async def add(self, complaint_id: bytes, text: str) -> str:
        return str(await code.add_note(self.complaints, self.keys[complaint_id], Words(text), text[:8], self.stage.now()))

    async def contest(self, complaint_id: bytes) -> str:
        return str(await code.contest(self.complaints, self.keys[complaint_id], self.stage.now()))

    async def withdraw(self, complaint_id: bytes) -> None:
        await code.withdraw(self.complaints, self.keys[complaint_id], self.stage.now())

    async def status(self, complaint_id: bytes) -> str:
        view = await code.look(self.complaints, self.keys[complaint_id], self.stage.now())
        return view.status if view else "none"

    # --- what the store holds

    async def row(self, complaint_id: bytes) -> Any:
        asked = select(Complaint.__table__).where(Complaint.id == complaint_id)  # type: ignore[attr-defined,arg-type]
        async with self.stage.engine.connect() as connection:
            return (await connection.execute(asked)).one()

    async def set(self, complaint_id: bytes, **values: Any) -> None:
        async with self.stage.engine.begin() as connection:
            await connection.execute(update(Complaint).where(Complaint.id == complaint_id).values(**values))  # type: ignore[arg-type]

    async def answers(self, complaint_id: bytes) -> list[str]:
        """What the code opens, oldest first."""
        row, by = await self.row(complaint_id), self.keys[complaint_id]
        private = unlock_private(by.key, row.id, row.private_sealed)
        item: Any = ComplaintItem.__table__  # type: ignore[attr-defined]
        asked = select(item.c.envelope).where(item.c.complaint_id == complaint_id, item.c.kind == "answer")
        async with self.stage.engine.connect() as connection:
            found = (await connection.execute(asked.order_by(item.c.created_at))).scalars().all()
        return [unseal(Envelope.decode(each), private, kind="answer", ticket=row.id).reveal() for each in found]

    async def trail(self) -> list[tuple[str, str]]:
        """(actor, what), oldest first."""
        entry: Any = ComplaintEntry.__table__  # type: ignore[attr-defined]
        async with self.stage.engine.connect() as connection:
            rows = await connection.execute(select(entry.c.actor, entry.c.what).order_by(entry.c.number))
            return [(row.actor, row.what) for row in rows]

    async def merged(self, into: str) -> None:
        """Casa Sur has become a part of another organisation; empty: of none."""
        async with self.stage.engine.begin() as connection:
            there = (await connection.execute(select(Employer).where(Employer.key == into))).first() if into else True  # type: ignore[arg-type]
            if not there:
                await connection.execute(insert(Employer).values(key=into, name=into, merged_into="", independent=False))
            await connection.execute(update(Employer).where(Employer.key == "casa-sur").values(merged_into=into))  # type: ignore[arg-type]


async def heard(stage: Stage) -> Hearings:
    """A stage without complaints, on which those who read them have keys."""
    made = Hearings(stage)
    await made.people()
    await made.clear()
    return made
