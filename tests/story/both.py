"""The phone and the desk of one running Faro, each in a browser window, over stores that a test names.

Here belongs what the stories share. Never here: a story, fixtures of one file. Accounts, the desk's window and the clock are those
of ``tests.desk.stage``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Locator, expect

from bot import codes, db
from bot.app import Faro
from bot.directory.demo import load_demo
from bot.jobs import Clockwork
from bot.roster import loading
from bot.settings import Settings
from bot.staff import accounts
from tests.desk.requests import Chats
from tests.desk.stage import SECRET, Clock, Seen, Stage, staff_file
from tests.screens import NotOnScreen, Screens
from tests.servers import serving

ONE, TWO, HEARS = "case-manager-co-1", "case-manager-co-2", "psea-1"
NOON: Final = 17
"""UTC hour at which it is midday in Colombia and in Peru."""
#: Somebody around the clock in Colombia; in Peru on mornings from Monday to Sunday only.
ROSTER = "".join(
    f"""[[shift]]
staff = "{name}"
country = "{country}"
duty = "{duty}"
days = ["mon-sun"]
from = "{opens}"
to = "{closes}"
zone = "{zone}"

"""
    for name, country, duty, opens, closes, zone in (
        (ONE, "CO", "primary", "00:00", "00:00", "America/Bogota"),
        (TWO, "CO", "backup", "00:00", "00:00", "America/Bogota"),
        ("case-manager-pe-1", "PE", "primary", "08:00", "11:00", "America/Lima"),
    )
)
#: The way to the question how the answer may come.
ASK = ("request.safe.yes", "request.who.on", "request.before.adult", "request.ask.yes")


class Phone:
    """The telephone with buttons in the demo's page. Options are named by their ids."""

    def __init__(self, seen: Seen) -> None:
        self.page = seen.page
        self._screens = Screens("es")

    @property
    def _log(self) -> Locator:
        return self.page.locator(".log:visible")

    @property
    def newest(self) -> Locator:
        """What Faro said last."""
        return self._log.locator(".theirs").last

    async def text(self) -> str:
        return await self.newest.locator(".said").inner_text()

    async def says(self, words: str) -> str:
        """Typed and sent; the answer."""
        await self._settled()
        before = await self._log.locator(".theirs").count()
        await self.page.locator("#text").fill(words)
        await self.page.keyboard.press("Enter")
        await expect(self._log.locator(".theirs")).to_have_count(before + 1)
        await self._settled()
        return await self.text()

    async def takes(self, *steps: str) -> str:
        """``=words`` are typed; everything else is the button of that option, or of that label. The last answer."""
        for step in steps:
            if step.startswith("="):
                await self.says(step[1:])
            else:
                await self._press(self._screens.button(step) if "." in step else step)
        return await self.text()

    async def _press(self, label: str) -> None:
        await self._settled()
        exactly = re.compile(rf"^{re.escape(label)}$")
        for _ in range(3):
            key = self.newest.locator(".key", has_text=exactly)
            if await key.count():
                break
            await self.newest.locator(".key", has_text=self._screens.button("nav.more")).click()
            await self._settled()
        else:
            raise NotOnScreen(f"there is no button {label} below: {await self.text()}")
        await key.click()
        await self._settled()

    async def _settled(self) -> None:
        """Nothing is under way. The page marks its log while it waits for an answer."""
        await self.page.wait_for_timeout(30)
        await expect(self.page.locator(".log[aria-busy]")).to_have_count(0)

    async def offers(self, option: str) -> bool:
        return await self.newest.locator(".key", has_text=self._screens.button(option)).count() > 0

    async def shows(self, id: str) -> bool:
        """Whether what Faro said last is this entry."""
        return self._screens.chat_says(await self.text(), id)

    async def comes_back(self, code: str) -> str:
        """Type a code, wherever one is, and say that the phone is safe where that was not said yet (a session of Redis lives by the
        real clock, and outlives what a story lets pass)."""
        await self.says(code)
        return await self.takes("code.known.yes") if await self.shows("request.safe") else await self.text()

    async def receipt(self) -> str:
        """The code of the receipt on the screen."""
        code = codes.reading(await self.text())
        assert code is not None, f"this is no receipt: {await self.text()}"
        return code.reveal()


class Desk:
    """Somebody on duty at their desk, signed in by the form. Elements are found by what they do, not by their words."""

    def __init__(self, stage: Stage, seen: Seen, name: str) -> None:
        self.stage, self.seen, self.page, self.name = stage, seen, seen.page, name

    async def takes_the_first(self) -> str:
        """Open the list, take the first request that waits; its address."""
        await self.page.goto(f"{self.stage.url}/desk/queue")
        row = self.page.locator("[data-group=waiting] .ticket-row a").first
        await expect(row).to_be_visible()
        await row.click()
        await self.page.locator("form[action$='/claim'] button").click()
        await self.page.wait_for_url(re.compile("done=claimed"))
        return self.page.url.partition("?")[0]

    async def goes(self, address: str) -> None:
        """To the page of a request, signed in anew where time signed out."""
        await self.page.goto(address)
        if "/sign-in" in self.page.url:
            await self.stage.sign_in(self.page, self.name)
            await self.page.goto(address)

    async def opens(self, kind: str) -> str:
        """What the browser shows of an envelope, decrypted there."""
        await self.page.locator(f"[data-open={kind}]").click()
        place = self.page.locator(f"[data-sealed={kind}] .opened")
        await expect(place).to_be_visible()
        return await place.inner_text()

    async def answers(self, words: str, by: str) -> None:
        """``by``: ``relay`` or ``code``."""
        await self.page.locator("#text").fill(words)
        await expect(self.page.locator("#arrives-text")).to_have_text(words)
        await self.page.locator(f"#answer button[value={by}]").click()
        await self.page.wait_for_url(re.compile("done=(sent|answered)"))

    async def hands_over(self) -> None:
        fields = (("reason", "shift_ends"), ("reached", "reached"), ("next_step", "write"), ("risk", "watch"))
        await self._acts("release", fields)
        await self.page.wait_for_url(re.compile("done=released"))

    async def closes(self) -> None:
        await self._acts("close", (("outcome", "reached_needs_met"),))
        await self.page.wait_for_url(re.compile("done=closed"))

    async def _acts(self, name: str, fields: Sequence[tuple[str, str]]) -> None:
        form = self.page.locator(f"form[action$='/{name}']")
        await self.page.locator("details", has=form).locator("summary").click()
        for field, value in fields:
            await form.locator(f"[name={field}]").select_option(value)
        await form.locator("button").click()


class Both:
    """One Faro. ``stage`` knows its accounts and its clock."""

    def __init__(self, faro: Faro, stage: Stage, browser: Browser, settings: Settings) -> None:
        self.faro, self.stage, self._browser = faro, stage, browser
        self._clockwork = Clockwork(settings, stage.engine, faro.roster, secret=faro.secret, clock=stage.clock)

    @asynccontextmanager
    async def phone(self) -> AsyncIterator[Phone]:
        """A telephone that never wrote before."""
        async with self.stage.seen(self._browser, locale="es-CO") as seen:
            await seen.page.goto(self.stage.url)
            yield Phone(seen)

    @asynccontextmanager
    async def desk(self, name: str) -> AsyncIterator[Desk]:
        async with self.stage.seen(self._browser) as seen:
            await self.stage.sign_in(seen.page, name)
            yield Desk(self.stage, seen, name)

    async def passes(self, seconds: float) -> None:
        """Time goes by, and the worker's jobs run."""
        self.stage.clock.add(seconds)
        for job in self._clockwork.jobs():
            await job.run()

    async def hour(self, utc: int) -> None:
        """On to the next time at which it is this hour."""
        await self.passes((utc - self.stage.now().hour) % 24 * 3600 - self.stage.now().minute * 60)

    async def rows(self, table: Any) -> list[Any]:
        async with self.stage.engine.connect() as connection:
            return list((await connection.execute(table.select())).all())

    async def aclose(self) -> None:
        await self._clockwork.aclose()


@asynccontextmanager
async def both(browser: Browser, folder: Path, database_url: str = "", redis_url: str = "") -> AsyncIterator[Both]:
    """Everything in one process, over an empty database and session store; without their addresses, over embedded ones."""
    clock = Clock()
    clock.add((NOON - datetime.fromtimestamp(clock(), UTC).hour) % 24 * 3600)
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        secret_key=base64.b64encode(SECRET).decode(),
        var_dir=folder,
        database_url=database_url,
        redis_url=redis_url,
        messages_per_minute=1000,
    )
    # The process runs in a thread with a loop of its own, and so needs connections of its own.
    engine, own = db.open_engine(db.url_of(settings)), db.open_engine(db.url_of(settings))
    await db.create_all(engine)
    await load_demo(engine)
    now = datetime.fromtimestamp(clock(), UTC)
    await accounts.load_staff(engine, staff_file(folder), now)
    await loading.load(engine, ROSTER, {}, now)
    faro = Faro(settings, engine=own, clock=clock)
    assert faro.desk is not None
    stage = Stage("", engine, clock, faro.desk, Chats())
    for name in (ONE, TWO, "case-manager-pe-1", HEARS):
        await stage.account(name)
    with serving(faro) as url:
        stage.url = url.replace("127.0.0.1", "localhost")
        made = Both(faro, stage, browser, settings)
        yield made
        await made.aclose()
    await engine.dispose()
