"""A desk to test on: over a real database, with accounts of every role in two countries, served on a port, seen by a browser.

Here belongs what every test of the desk needs. Never here: fixtures (``tests/desk/conftest.py``), what one page shows.

    async def test_something(stage: Stage, browser: Browser) -> None:
        async with stage.seen(browser) as seen:
            await stage.sign_in(seen.page, "case-manager-co-1")     # by the form: passphrase and second factor
            await stage.enter(seen.context, "supervisor-co-1")      # or at once, by a cookie; no key in the browser then

``seen.complaints`` holds whatever the page said to the console, violations of its policy and requests to others; ``seen`` checks at
its end that there are none.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, Final

import httpx
import pyotp
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from bot import db
from bot.desk.app import Desk, Parts
from bot.settings import Settings
from bot.staff import accounts, desk_sessions, enrolling
from bot.staff.enrolling import DemoAccount
from bot.staff.locks import Locks
from bot.staff.roles import Actor
from bot.staff.tables import Staff
from tests.browser import PATIENCE_MS
from tests.desk.requests import Chats, usual_parts
from tests.servers import serving

SECRET: Final = bytes(range(32))
PASSPHRASE: Final = "cuatro faroles lejos del mar"

#: Name -> what the file of staff says about it. Everybody who answers, in two countries and two organisations.
STAFF: Final[dict[str, dict[str, Any]]] = {
    "case-manager-co-1": {"organisation": "red-norte", "roles": ["case_manager"], "countries": ["CO"], "honours": "woman"},
    "case-manager-co-2": {"organisation": "casa-sur", "roles": ["case_manager"], "countries": ["CO"], "honours": "man"},
    "case-manager-pe-1": {"organisation": "casa-sur", "roles": ["case_manager"], "countries": ["PE"]},
    "child-protection-co-1": {"organisation": "red-norte", "roles": ["child_protection"], "countries": ["CO"]},
    "supervisor-co-1": {"organisation": "red-norte", "roles": ["supervisor"], "countries": ["CO"]},
    "supervisor-pe-1": {"organisation": "casa-sur", "roles": ["supervisor"], "countries": ["PE"]},
    "focal-point-pe-1": {"organisation": "casa-sur", "roles": ["national_focal_point"], "countries": ["PE"]},
    "psea-1": {"organisation": "red-norte", "roles": ["psea_focal_point"], "countries": ["CO", "PE"]},
    "coordinator-1": {"organisation": "red-norte", "roles": ["coordinator"], "countries": ["CO", "PE"]},
    "coordinator-2": {"organisation": "casa-sur", "roles": ["coordinator"], "countries": ["CO", "PE"]},
    "member-1": {"organisation": "casa-sur", "roles": ["member"], "countries": ["PE"]},
    "administrator-1": {"organisation": "red-norte", "roles": ["administrator"], "countries": []},
}
EMPLOYERS: Final = {"red-norte": "Red Norte", "casa-sur": "Casa Sur"}

#: What the browser writes down by itself: a status that the page expects and answers, and that it cleared what it was told to.
_NOTES: Final = ("Failed to load resource: the server responded with a status of 4", "Clear-Site-Data header on ")

#: Rules of WCAG 2.2 at levels A and AA.
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


#: Ten in the morning in Bogotá. The windows in which people may be called end at midnight and begin at six.
BEGINS: Final = time_of_day(15)


class Clock:
    """The desk's time: it begins at ``BEGINS`` today, so that nobody who is called is asleep, and is moved by what a test adds. A
    code of a second factor counts once, so signing in moves it."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self.added = (datetime.combine(now, BEGINS, UTC) - now).total_seconds()

    def __call__(self) -> float:
        return time.time() + self.added

    def add(self, seconds: float) -> None:
        self.added += seconds


class Stage:
    """A running desk and the people on it. ``url`` has no slash at its end."""

    def __init__(self, url: str, engine: AsyncEngine, clock: Clock, desk: Desk, chats: Chats) -> None:
        self.url, self.engine, self.clock, self.desk, self.chats = url, engine, clock, desk, chats
        self.secret, self.locks = SECRET, Locks(SECRET)
        self._enrolled: dict[str, DemoAccount] = {}

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    # -- people

    async def actor(self, name: str) -> Actor:
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(Staff.__table__).where(Staff.name == name))).one()  # type: ignore[attr-defined,arg-type]
        return Actor.of(row)

    async def account(self, name: str) -> DemoAccount:
        """The account, enrolled with ``PASSPHRASE``: its second factor and its private key."""
        if name not in self._enrolled:
            self._enrolled[name] = await enrolling.enrol_for_demo(self.engine, self.locks, name, PASSPHRASE, self.now())
        return self._enrolled[name]

    def forget(self, name: str) -> None:
        """The test changed how this account signs in: the next test enrols it anew."""
        self._enrolled.pop(name, None)

    def code(self, account: DemoAccount) -> str:
        """A code of the second factor that was not used yet."""
        self.clock.add(31)
        return pyotp.TOTP(account.totp_secret).at(self.clock())

    async def token(self, name: str, *, training: bool = False) -> bytes:
        """Of a session that begins now."""
        actor = await self.actor(name)
        async with self.engine.begin() as connection:
            return await desk_sessions.begin(connection, actor.id, self.now(), training=training)

    # -- without a browser

    @asynccontextmanager
    async def client(self, name: str = "", *, training: bool = False) -> AsyncIterator[httpx.AsyncClient]:
        """Asks the desk; signed in where a name is given. Sends what a page of ours would send with a form."""
        token = await self.token(name, training=training) if name else b""
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html"} | (
            {"x-csrf": desk_sessions.csrf(token)} if token else {}
        )
        cookies = {"desk": token.hex()} if token else {}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, cookies=cookies) as client:
            yield client

    # -- in a browser

    @asynccontextmanager
    async def seen(self, browser: Browser, *, complaints: bool = False, **options: Any) -> AsyncIterator[Seen]:
        """A browser window on the desk. ``complaints``: the test itself looks at what the page complained about."""
        usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"}
        context = await browser.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE_MS)
        try:
            seen = Seen(context, await context.new_page(), self.url)
            yield seen
            if not complaints:
                assert not seen.complaints, seen.complaints
        finally:
            await context.close()

    async def enter(self, context: BrowserContext, name: str, *, training: bool = False) -> bytes:
        """Signed in from here on, without the form. No key is in the browser then. The session's token."""
        token = await self.token(name, training=training)
        await context.add_cookies([{"name": "desk", "value": token.hex(), "url": self.url}])
        return token

    async def sign_in(self, page: Page, name: str, *, passphrase: str = PASSPHRASE) -> None:
        """By the form, with passphrase and second factor; the account's keys are in the browser then."""
        account = await self.account(name)
        await page.goto(f"{self.url}/desk/sign-in")
        await page.locator("#name").fill(name)
        await page.locator("#other > summary").click()
        await page.locator("#passphrase").fill(passphrase)
        await page.locator("#second").fill(self.code(account))
        await page.locator("[value=passphrase]").click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)

    async def enrol_with_passkey(self, page: Page, name: str) -> None:
        """Take an account into use with a passkey of this page's ``authenticator``; signed in, with its key in the browser."""
        self.forget(name)
        code = (await accounts.issue_enrolment(self.engine, name, self.now())).code
        await page.goto(f"{self.url}/desk/enrol")
        await page.locator("#name").fill(name)
        await page.locator("#code").fill(code)
        await page.locator("#begin button").click()
        await page.locator("#by-passkey button").click()
        await page.locator("#enter").click()
        await page.wait_for_url(lambda url: "/enrol" not in url)

    async def sign_in_with_passkey(self, page: Page, name: str) -> None:
        """By the form, with the passkey of this page's ``authenticator``; the account's keys are in the browser then."""
        await page.goto(f"{self.url}/desk/sign-in")
        await page.locator("#name").fill(name)
        await page.locator("[value=passkey]").click()
        await page.wait_for_url(lambda url: "/sign-in" not in url)

    async def authenticator(self, page: Page, *, prf: bool = True) -> CDPSession:
        """A passkey device in the browser, which agrees to everything. Belongs to this page."""
        session = await page.context.new_cdp_session(page)
        await session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "hasPrf": prf,
            "automaticPresenceSimulation": True,
        }
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return session


class Seen:
    """A window, and what happened behind it."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context, self.page, self.url = context, page, url
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.watch(page)

    def watch(self, page: Page) -> None:
        """Note what this page asks for and says, as well."""
        page.on("request", self._requested)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Request) -> None:
        self.requests.append(request)
        if not request.url.startswith((self.url + "/", "about:", "blob:")):
            self.complaints.append(f"asked {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if not message.text.startswith(_NOTES):
            self.complaints.append(message.text)

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def text(self) -> str:
        return await self.page.locator("body").inner_text()


async def faults(page: Page, within: str = "body", *, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds against WCAG 2.2 AA, or against these rules only, as sentences; empty when it finds nothing."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": WCAG}
    results = await Axe().run(page, context=within, options={"runOnly": only, "resultTypes": ["violations"]})
    return [
        f"{each['id']}: {node['html'][:120]} {node['failureSummary'][:160]}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


async def fits(page: Page) -> bool:
    """Nothing makes the page wider than its window."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def staff_file(folder: Path) -> Path:
    """A file of staff for ``python -m bot staff load``."""
    lines = [line for key, name in EMPLOYERS.items() for line in ("[[employer]]", f"key = {key!r}", f"name = {name!r}", "")]
    for name, said in STAFF.items():
        given = {"name": name, "languages": ["es"], "lang": "en", **said}
        lines += ["[[staff]]", *(f"{field} = {value!r}" for field, value in given.items()), ""]
    path = folder / "staff.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


MakesParts = Callable[[AsyncEngine], Parts]


@asynccontextmanager
async def staged(
    database_url: str,
    folder: Path,
    *,
    settings: Settings | None = None,
    parts: Callable[[AsyncEngine], Parts] | None = None,
    **options: Any,
) -> AsyncIterator[Stage]:
    """A desk over this empty database, with ``STAFF`` loaded. ``options`` go to ``Desk``.

    ``parts``: makes what the desk has beside its database, over the engine of the desk's own loop; without it, ``usual_parts``."""
    clock, chats = Clock(), Chats()
    engine = db.open_engine(database_url)
    await db.create_all(engine)
    await accounts.load_staff(engine, staff_file(folder), db.now())
    # The desk runs in a thread with a loop of its own, and so needs connections of its own.
    of_desk = db.open_engine(database_url)
    given = settings or Settings(_env_file=None)  # type: ignore[call-arg]
    made = parts(of_desk) if parts else usual_parts(of_desk, given, SECRET, clock, chats)
    desk = Desk(of_desk, given, SECRET, clock=clock, parts=made, **options)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await of_desk.dispose()

    with serving(Starlette(routes=desk.routes(), lifespan=lifespan)) as url:
        # Passkeys are bound to a name; an address of numbers can have none.
        yield Stage(url.replace("127.0.0.1", "localhost"), engine, clock, desk, chats)
    await engine.dispose()
