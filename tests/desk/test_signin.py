"""Signing in and enrolling in a real browser, and what stays behind when somebody leaves."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.desk.stage import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = "case-manager-co-1"
RING = """async () => {
  const { pairs } = await import('/desk/static/keyring.js');
  return (await pairs(document.documentElement.dataset.session)).map(({ privateKey }) => [privateKey.type, privateKey.extractable]);
}"""


async def test_passphrase_and_second_factor_open_the_desk_and_the_keys(stage: Stage, browser: Browser) -> None:
    """Mutation: a key that the browser would let out again, or one kept under another session's name."""
    async with stage.seen(browser) as seen:
        await stage.sign_in(seen.page, WHO)
        await expect(seen.page.locator(".who")).to_contain_text(WHO)
        assert await seen.page.evaluate(RING) == [["private", False]]
