"""Where one's own alerts go: the forms, and a browser that gets them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser, expect

from bot.alerts.addresses import Addresses
from bot.alerts.push import PushAlerts
from bot.alerts.ways import BadAddress
from bot.alerts.words import Texts
from bot.desk.app import Parts
from bot.exchange import CannotDeliver
from tests.desk.stage import SECRET, Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = "case-manager-co-1"
MAIL = "guardia@red.example"


class Mail:
    """Takes what would be sent by e-mail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.down = False

    def checked(self, address: str) -> str:
        if "@" not in address:
            raise BadAddress("this is no address")
        return address

    async def send(self, address: str, text: str, now: datetime) -> None:
        if self.down:
            raise CannotDeliver("not_reached")
        self.sent.append((address, text))

    async def aclose(self) -> None: ...

    def code(self) -> str:
        return next(word for word in self.sent[-1][1].replace(".", " ").split() if word.isdigit())


class Push(PushAlerts):
    """The real one, but for the post office: what it would send is kept."""

    def __init__(self) -> None:
        super().__init__(base64.urlsafe_b64encode(bytes(range(1, 33))).decode(), "mailto:desk@red.example", allowed=lambda _: True)
        self.sent: list[tuple[str, str]] = []

    async def send(self, address: str, text: str, now: datetime) -> None:
        self.sent.append((self.checked(address), text))


MAILS, PUSHES = Mail(), Push()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def offered(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("alerts")
    texts = Texts.load()
    async with staged(
        f"sqlite+aiosqlite:///{folder / 'faro.db'}",
        folder,
        parts=lambda engine: Parts(alerts=Addresses(engine, SECRET, {"email": MAILS, "push": PUSHES}, texts)),
    ) as stage:
        yield stage


async def test_without_any_way_the_page_says_so(small_stage: Stage) -> None:
    async with small_stage.client(WHO) as client:
        assert "sends no alerts" in (await client.get("/desk/account")).text
        assert (await client.post("/desk/account/alerts", data={"way": "email", "address": MAIL})).status_code == 400
        assert (await client.get("/desk/account/push")).status_code == 404


@pytest.mark.requirement("P-2")
async def test_an_address_counts_once_its_code_was_typed_and_is_never_shown_whole(offered: Stage, browser: Browser) -> None:
    """Mutation: an address in the page, in a query, or one that counts before its owner has shown that it is theirs."""
    async with offered.seen(browser) as seen:
        page = seen.page
        await offered.enter(seen.context, WHO)
        await seen.open("/desk/account")
        await page.locator("#address-email").fill(MAIL)
        await page.locator("#address-email").press("Enter")
        await page.locator("#code").fill("000000")
        await page.locator("main form button").click()
        await expect(page.locator("[role=alert]")).to_contain_text("does not match")
        await page.locator("#code").fill(MAILS.code())
        await page.locator("main form button").click()
        await page.wait_for_url("**/account?done=alerts")
        assert MAILS.sent[-1][0] == MAIL
        assert "g•••@red.example" in await seen.text()
        assert MAIL not in await page.content() and not any(MAIL.partition("@")[0] in request.url for request in seen.requests)
        await page.locator("form[action$='/alerts/remove'] button").click()
        await page.wait_for_url("**/account?done=alerts")
        await expect(page.locator("#address-email")).to_be_visible()


async def test_what_cannot_be_reached_is_said_in_a_sentence(offered: Stage) -> None:
    """Mutation: the provider's words, or a page that claims a code was sent."""
    async with offered.client("supervisor-co-1") as client:
        answer = await client.post("/desk/account/alerts", data={"way": "email", "address": "nowhere"})
        assert answer.status_code == 422 and "Go back" in answer.text and "nowhere" not in answer.text
        MAILS.down = True
        answer = await client.post("/desk/account/alerts", data={"way": "email", "address": MAIL})
        MAILS.down = False
        assert answer.status_code == 502 and MAIL not in answer.text
        answer = await client.post("/desk/account/alerts", data={"way": "email", "address": MAIL})
        assert answer.status_code == 429
        assert (await client.post("/desk/account/alerts", data={"way": "pigeon", "address": "x"})).status_code == 400


async def test_a_browser_subscribes_shows_alerts_and_keeps_them_after_signing_out(offered: Stage, browser: Browser) -> None:
    """The push service itself is the browser maker's; here the page gets a subscription of our own making.

    Mutation: a policy that lets a page name any script; clearing that ends the alerts of whoever signs out; an alert with more in
    it than was sent."""
    public = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {"p256dh": _packed(public), "auth": _packed(bytes(16))}
    given = {"endpoint": "https://push.example/1", "keys": keys}
    async with offered.seen(browser) as seen:
        page = seen.page
        await seen.context.grant_permissions(["notifications"], origin=offered.url)
        await seen.context.add_init_script(
            f"if (globalThis.PushManager) PushManager.prototype.subscribe = async (how) => "
            f"({{ toJSON: () => how.applicationServerKey.length === 65 && {json.dumps(given)} }})"
        )
        await offered.enter(seen.context, WHO)
        await seen.open("/desk/account/push")
        refused = "trustedTypes.createPolicy('other', {}).createScriptURL('/x.js')"
        assert await page.evaluate(f"(() => {{ try {{ {refused} }} catch (error) {{ return error.name }} }})()") == "TypeError"
        seen.complaints.clear()  # the browser writes that one down
        await page.locator("#push button").click()
        await expect(page.locator("#code")).to_be_visible()
        await page.locator("#code").fill(next(word for word in PUSHES.sent[-1][1].replace(".", " ").split() if word.isdigit()))
        await page.locator("main form button").click()
        await page.wait_for_url("**/account?done=alerts")
        assert json.loads(PUSHES.sent[-1][0])["endpoint"] == given["endpoint"]

        keep = "const ring = await import('/desk/static/keyring.js'); await ring.keep('x', [{ ...(await ring.create()) }])"
        await page.evaluate(f"(async () => {{ {keep} }})()")
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")
        assert await page.evaluate("(async () => (await indexedDB.databases()).length)()") == 0  # the keys go in any case
        workers = "(async () => (await navigator.serviceWorker.getRegistrations()).length)()"
        assert await page.evaluate(workers) == 1

        [worker] = seen.context.service_workers
        push = "dispatchEvent(new PushEvent('push', { data: 'Faro. Algo espera.      ' })), dispatchEvent(new PushEvent('push'))"
        await worker.evaluate(push)
        shown = """(async () => {
          const [worker] = await navigator.serviceWorker.getRegistrations();
          return (await worker.getNotifications()).map((notice) => [notice.title, notice.body]);
        })()"""
        for _ in range(50):
            if await page.evaluate(shown):
                break
            await page.wait_for_timeout(20)
        assert await page.evaluate(shown) == [["Faro", "Faro. Algo espera."]]

        await offered.enter(seen.context, WHO)  # without alerts, nothing stays
        await seen.open("/desk/account")
        await page.locator("form:has([value=push]) button").click()
        await page.wait_for_url("**/account?done=alerts")
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")
        assert await page.evaluate(workers) == 0


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
