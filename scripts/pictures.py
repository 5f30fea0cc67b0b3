"""Take the README's pictures of the running program into ``docs/pictures``.

    python scripts/pictures.py http://127.0.0.1:8000/

Each picture is the end of a real conversation with the demo at that address; nothing in it is drawn or edited. Needs the test
group (Playwright) and a browser as ``tests.browser`` finds it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import launched  # noqa: E402 - found once the root is on the path

FOLDER = ROOT / "docs" / "pictures"


class Phone:
    """The page in one language on one kind of phone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def use(self, channel: str) -> None:
        await self.page.locator(f"[name=phone][value={channel}]").check()

    async def write(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")
        await self._settled()

    async def press(self, place: int) -> None:
        """The option at ``place`` (from 0) of the newest message."""
        await self.page.locator(".log:visible .theirs").last.locator(".key").nth(place).click()
        await self._settled()

    async def share(self, place: str) -> None:
        await self.page.locator("#attach").click()
        await self.page.locator("#kinds [value=location]").click()
        await self.page.locator(f"#points [value={place}]").click()
        await self._settled()

    async def choose(self, label: str) -> None:
        """The button with exactly this label under the newest message."""
        await self.page.locator(".log:visible .theirs").last.get_by_role("button", name=label, exact=True).click()
        await self._settled()

    async def ask_for_a_person(self) -> None:
        """From hello to the receipt of a request by "write to me here", in Spanish, from Colombia."""
        await self.write("Hola")
        for label in (
            "Español",
            "Hablar con alguien",
            "Colombia",
            "Sí",
            "Seguir",
            "18 o más",
            "Sí",
            "Escribirme aquí",
            "Sí",
            "Seguir",
            "No",
            "Enviar",
        ):
            await self.choose(label)

    async def complain(self) -> None:
        """From hello to the receipt of a complaint about how somebody behaved, in Spanish, from Colombia."""
        await self.write("Hola")
        for label in ("Español", "Quejas o ideas", "El trato de alguien", "Colombia", "Sí", "Seguir", "Seguir", "Una organización"):
            await self.choose(label)
        await self.page.locator(".log:visible .theirs").last.locator(".key").first.click()
        await self._settled()
        for label in ("Otra persona", "Prefiero no decirlo", "Esta semana", "No", "Sí", "No", "Sí"):
            await self.choose(label)
        await self.write("Pasa en la fila de los martes")
        await self.choose("No")
        await self.choose("Enviar")

    async def save(self, name: str, what: str = "#phone") -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        await self.page.mouse.move(0, 0)
        await self.page.evaluate("document.activeElement.blur()")
        path = FOLDER / f"{name}.png"
        if what:
            await self.page.locator(what).screenshot(path=path, animations="disabled")
        else:
            await self.page.screenshot(path=path, animations="disabled")
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")

    async def _settled(self) -> None:
        await self.page.wait_for_timeout(100)
        await expect(self.page.locator(".log[aria-busy]")).to_have_count(0)
        problem = self.page.locator(".log:visible .problem")
        if await problem.count():
            raise SystemExit(f"the demo did not answer: {await problem.last.text_content()}")


@asynccontextmanager
async def opened(browser: Browser, url: str, *, locale: str, scheme: str = "light", page: bool = False) -> AsyncIterator[Phone]:
    context = await browser.new_context(
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1440 if page else 1280, "height": 900},
        device_scale_factor=1 if page else 1.5,  # a whole page is large enough as it is
        reduced_motion="reduce",
    )
    tab = await context.new_page()
    await tab.goto(url)
    yield Phone(tab)
    await context.close()


async def take(url: str) -> None:
    async with launched() as browser:
        async with opened(browser, url, locale="es-MX", page=True) as phone:
            await phone.write("Hola")
            await phone.write("Necesito médico en Tapachula")
            await phone.save("page-es", "")
        async with opened(browser, url, locale="es-MX") as phone:
            await phone.write("Hola")
            await phone.save("hello-telegram-es")
            await phone.write("Necesito médico en Tapachula")
            await phone.save("results-telegram-es")
            await phone.press(0)
            await phone.save("details-telegram-es")
        async with opened(browser, url, locale="en-TT") as phone:
            await phone.use("sms")
            await phone.page.locator("#country").select_option("CO")
            await phone.write("I need a lawyer in Cúcuta")
            await phone.save("results-sms-en")
            await phone.write("9")
            await phone.save("emergency-sms-en")
        async with opened(browser, url, locale="pt-BR") as phone:
            await phone.use("whatsapp")
            await phone.page.locator("#country").select_option("BR")
            await phone.write("preciso de médico")
            await phone.share("boa_vista")
            await phone.save("results-whatsapp-pt")
            await phone.save("locked-screen-pt", ".lock")
        async with opened(browser, url, locale="es-CO", scheme="dark", page=True) as phone:
            await phone.share("la_parada")
            await phone.save("page-dark-es", "")
        await desk(browser, url)


async def desk(browser: Browser, url: str) -> None:
    """A request on its way across: the phone and the desk beside it, then the desk alone."""
    async with opened(browser, url, locale="es-CO", page=True) as phone:
        inside = phone.page.frame_locator("#desk")
        await inside.locator("button[value=case-manager-1]").click()
        await inside.locator("#queue").wait_for()
        await phone.ask_for_a_person()
        await inside.locator(".ticket-row a").first.wait_for()
        await phone.page.evaluate("scrollTo(0, 0)")
        await phone.save("demo-pair-es", "")
    async with opened(browser, url, locale="es-CO") as phone:
        await phone.complain()
        await phone.save("complaint-telegram-es")
    for name, width, height, account in (
        ("desk-queue-phone-es", 390, 780, "case-manager-1"),
        ("desk-ticket-es", 1280, 1400, "case-manager-1"),
        ("desk-places-es", 1280, 1400, "case-manager-1"),
        ("desk-roster-es", 1280, 1100, "supervisor-1"),
        ("desk-complaints-phone-es", 390, 780, "psea-focal-point-1"),
        ("desk-complaint-es", 1280, 1400, "psea-focal-point-1"),
    ):
        context = await browser.new_context(locale="es-CO", viewport={"width": width, "height": height}, reduced_motion="reduce")
        tab = await context.new_page()
        await tab.goto(f"{url.rstrip('/')}/desk/demo")
        await tab.locator(f"button[value={account}]").click()
        await tab.locator(".who").wait_for()
        if name == "desk-roster-es":
            await tab.goto(f"{url.rstrip('/')}/desk/roster")
        elif name == "desk-places-es":
            await tab.goto(f"{url.rstrip('/')}/desk/directory?find=Medell%C3%ADn&kind=case-management")
        elif name == "desk-ticket-es":
            await tab.locator("[data-group=waiting] .ticket-row a").first.click()
            await tab.locator("form[action$=claim] button").click()
            for kind in ("card", "contact"):
                await tab.locator(f"[data-open={kind}]").click()
                await tab.locator(f"[data-sealed={kind}] .opened:not([hidden])").wait_for()
        elif name.startswith("desk-complaint"):
            await tab.goto(f"{url.rstrip('/')}/desk/complaints")
            if name == "desk-complaint-es":
                await tab.locator("[data-group=waiting] a").first.click()
                await tab.locator("form[action$=accept] button").click()
                for kind in ("card", "note"):
                    await tab.locator(f"[data-open={kind}]").click()
                    await tab.locator(f"[data-sealed={kind}] .opened:not([hidden])").wait_for()
        await tab.wait_for_timeout(500)
        await Phone(tab).save(name, "")
        await context.close()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        raise SystemExit("name the address of a running demo: python scripts/pictures.py http://127.0.0.1:8000/")
    asyncio.run(take(sys.argv[1]))
