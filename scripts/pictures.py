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

from playwright.async_api import Browser, Page

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
        await self.page.wait_for_function("!document.querySelector('.log[aria-busy]')")
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


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        raise SystemExit("name the address of a running demo: python scripts/pictures.py http://127.0.0.1:8000/")
    asyncio.run(take(sys.argv[1]))
