"""Signing in, enrolling and changing how one signs in, in a real browser: what opens, and what never leaves it."""

from __future__ import annotations

import json
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.staff import accounts, enrolling, keys
from bot.staff.tables import KeyWrap, StaffKey
from tests.desk.stage import PASSPHRASE, Seen, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = "case-manager-co-1"
#: What the page's own modules find in the ring of this session: one row a key.
RING = """async () => {
  const { pairs } = await import('/desk/static/keyring.js');
  const found = await pairs(document.documentElement.dataset.session);
  return found.map(({ publicKey, privateKey }) => [[...publicKey], privateKey.type, privateKey.extractable]);
}"""
#: Seal to the key in use and open it again with the key of the ring.
ROUND_TRIP = """async () => {
  const ring = await import('/desk/static/keyring.js'), { seal, open } = await import('/desk/static/sealing.js');
  const ticket = new Uint8Array(16).fill(7), pair = await ring.pair(document.documentElement.dataset.session);
  return open(await seal('llegó', ticket, pair.publicKey), 'answer', ticket, pair);
}"""


async def key_in_use(stage: Stage, name: str) -> bytes:
    actor = await stage.actor(name)
    async with stage.engine.connect() as connection:
        found = await keys.public_keys(connection, [actor.id])
    return found[actor.id]


async def enrolment(stage: Stage, name: str) -> str:
    """A fresh one-time code for an account."""
    stage.forget(name)
    return (await accounts.issue_enrolment(stage.engine, name, stage.now())).code


async def begin(seen: Seen, name: str, code: str) -> None:
    await seen.open("/desk/enrol")
    await seen.page.locator("#name").fill(name)
    await seen.page.locator("#code").fill(code)
    await seen.page.locator("#begin button").click()
    await expect(seen.page.locator("#ways")).to_be_visible()


async def totp(stage: Stage, page: Page) -> tuple[str, str]:
    """The secret that the page shows, and a code of it."""
    secret = ((await page.locator("#totp-secret").text_content()) or "").replace(" ", "")
    stage.clock.add(31)
    return secret, pyotp.TOTP(secret).at(stage.clock())


def bodies(seen: Seen) -> list[str]:
    return [body for request in seen.requests if (body := request.post_data)]


# --- signing in --------------------------------------------------------------------------------------------------------


async def test_passphrase_and_second_factor_open_the_desk_and_the_keys(stage: Stage, browser: Browser) -> None:
    """Mutation: a key that the browser would let out again, or one kept under another session's name."""
    async with stage.seen(browser) as seen:
        await stage.sign_in(seen.page, WHO)
        await expect(seen.page.locator(".who")).to_have_text(WHO)
        assert await seen.page.evaluate(RING) == [[list(await key_in_use(stage, WHO)), "private", False]]
        assert await seen.page.evaluate(ROUND_TRIP) == "llegó"
        assert not any(PASSPHRASE in body or PASSPHRASE.split()[1] in body for body in bodies(seen))


async def test_nothing_of_signing_in_is_in_an_address_or_a_readable_place(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a form that is sent with GET, a token in localStorage, a cookie that scripts can read."""
    async with small_stage.seen(browser) as seen:
        await small_stage.sign_in(seen.page, WHO)
        assert not any("?" in request.url for request in seen.requests)
        assert await seen.page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
        for cookie in await seen.context.cookies():
            assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/"


@pytest.mark.parametrize("wrong", ["name", "passphrase", "code"])
async def test_whatever_is_wrong_gets_the_same_answer(stage: Stage, browser: Browser, wrong: str) -> None:
    """Mutation: an answer that tells which of the three is wrong, or a field that is emptied."""
    account = await stage.account(WHO)
    async with stage.seen(browser) as seen:
        await seen.open("/desk/sign-in")
        page = seen.page
        name = "case-manager-co-9" if wrong == "name" else WHO
        await page.locator("#name").fill(name)
        await page.locator("#other > summary").click()
        await page.locator("#passphrase").fill("otra frase entera" if wrong == "passphrase" else PASSPHRASE)
        await page.locator("#second").fill("000000" if wrong == "code" else stage.code(account))
        await page.locator("[value=passphrase]").click()
        await expect(page.locator("#sign-in [role=alert]")).to_contain_text("do not match")
        assert await page.locator("#name").input_value() == name
        assert await page.evaluate(RING) == []
        assert {each["name"] for each in await seen.context.cookies()} == set()
    stage.clock.add(120)  # so that the next test need not wait


async def test_many_tries_are_told_to_wait(small_stage: Stage, browser: Browser) -> None:
    """Mutation: showing the brake's answer as "wrong", so that a right person keeps trying."""
    async with small_stage.seen(browser) as seen:
        await seen.open("/desk/sign-in")
        page = seen.page
        await page.locator("#name").fill("member-1")
        await page.locator("#other > summary").click()
        await page.locator("#passphrase").fill("otra frase entera")
        await page.locator("#second").fill("000000")
        for _ in range(6):
            await page.locator("[value=passphrase]").click()
            await expect(page.locator("#sign-in [aria-busy]")).to_have_count(0)
            await expect(page.locator("#sign-in [role=alert]")).not_to_be_empty()
            if "Wait" in await page.locator("#sign-in [role=alert]").inner_text():
                break
        await expect(page.locator("#sign-in [role=alert]")).to_contain_text("Wait")
    small_stage.clock.add(120)


async def test_a_missing_field_is_said_beside_it(small_stage: Stage, browser: Browser) -> None:
    async with small_stage.seen(browser) as seen:
        await seen.open("/desk/sign-in")
        await seen.page.locator("[value=passkey]").click()
        await expect(seen.page.locator("#name-wrong")).to_be_visible()
        await expect(seen.page.locator("#name")).to_be_focused()
        await expect(seen.page.locator("#name")).to_have_attribute("aria-invalid", "true")


# --- enrolling ---------------------------------------------------------------------------------------------------------


async def test_enrolling_with_a_passphrase(stage: Stage, browser: Browser) -> None:
    """From the one-time code to a desk whose key this browser made.

    Mutation: sending the passphrase or an unwrapped key; recovery codes that do not work."""
    name = "child-protection-co-1"
    code = await enrolment(stage, name)
    async with stage.seen(browser) as seen:
        page = seen.page
        await begin(seen, name, code)
        await expect(page.locator("#qr svg")).to_be_visible()
        _, digits = await totp(stage, page)
        await page.locator("#passphrase").fill(PASSPHRASE)
        await page.locator("#again").fill(PASSPHRASE)
        await page.locator("#totp").fill(digits)
        await page.locator("#by-passphrase button").click()
        await expect(page.locator("#codes li")).to_have_count(8)
        recovery = await page.locator("#codes li").first.inner_text()
        assert await page.evaluate("(async () => (await indexedDB.databases()).length)()") == 0  # not before somebody goes in
        await page.locator("#enter").click()
        await expect(page.locator(".who")).to_have_text(name)
        assert await page.evaluate(RING) == [[list(await key_in_use(stage, name)), "private", False]]
        sent = " ".join(bodies(seen))
        assert PASSPHRASE not in sent and "privateKey" not in sent

    # What the browser wrapped, Python unwraps with the passphrase: the same to the byte.
    actor = await stage.actor(name)
    async with stage.engine.connect() as connection:
        own = await keys.own_keys(connection, stage.locks, actor.id)
    derived = enrolling.derive(PASSPHRASE, signin_salt(stage, name))
    private = enrolling.unwrap_private(own[0].wraps[0].wrapped, derived.wrapping)
    assert private.public_key().public_bytes_raw() == own[0].public

    async with stage.seen(browser) as seen:  # a recovery code stands in for the second factor, once
        for worked in (True, False):
            await seen.open("/desk/sign-in")
            await seen.page.locator("#name").fill(name)
            await seen.page.locator("#other > summary").click()
            await seen.page.locator("#passphrase").fill(PASSPHRASE)
            await seen.page.locator("#second").fill(recovery.lower())
            await seen.page.locator("[value=passphrase]").click()
            if worked:
                await expect(seen.page.locator(".who")).to_have_text(name)
                await seen.page.locator(".leave-button").click()
                await seen.page.wait_for_url("**/desk/left")
            else:
                await expect(seen.page.locator("#sign-in [role=alert]")).to_contain_text("do not match")
    stage.clock.add(120)


def signin_salt(stage: Stage, name: str) -> bytes:
    from bot.staff.enrolment import salt_of  # noqa: PLC0415

    return salt_of(stage.locks, name)


async def test_the_qr_code_leads_an_app_to_the_same_secret(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a path that leaves rows out, or one drawn from another secret. Read back by the modules that are drawn."""
    import segno  # noqa: PLC0415

    name = "case-manager-pe-1"
    code = await enrolment(small_stage, name)
    async with small_stage.seen(browser) as seen:
        await begin(seen, name, code)
        secret = ((await seen.page.locator("#totp-secret").text_content()) or "").replace(" ", "")
        uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Faro")
        expected = {
            (x, y) for y, row in enumerate(segno.make(uri, error="m", micro=False).matrix) for x, dark in enumerate(row) if dark
        }
        path = await seen.page.locator("#qr path").get_attribute("d") or ""
        drawn = {tuple(int(n) for n in each.partition("h")[0].split()) for each in path.split("M") if each}
        assert drawn == expected


async def test_what_does_not_fit_is_said_before_anything_is_sent(small_stage: Stage, browser: Browser) -> None:
    """Mutation: taking a short passphrase, or two that differ."""
    name = "case-manager-pe-1"
    code = await enrolment(small_stage, name)
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await begin(seen, name, code)
        before = len(bodies(seen))
        for passphrase, again, digits, field in (
            ("corta", "corta", "123456", "passphrase"),
            (PASSPHRASE, PASSPHRASE + "x", "123456", "again"),
            (PASSPHRASE, PASSPHRASE, "12345", "totp"),
        ):
            await page.locator("#passphrase").fill(passphrase)
            await page.locator("#again").fill(again)
            await page.locator("#totp").fill(digits)
            await page.locator("#by-passphrase button").click()
            await expect(page.locator(f"#{field}-wrong")).to_be_visible()
            await expect(page.locator(f"#{field}")).to_be_focused()
        assert len(bodies(seen)) == before


async def test_a_used_code_takes_nothing_into_use(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a code that works twice."""
    code = await enrolment(small_stage, "coordinator-2")
    await small_stage.account("coordinator-2")  # enrolled by other means: the code is gone
    async with small_stage.seen(browser) as seen:
        await seen.open("/desk/enrol")
        await seen.page.locator("#name").fill("coordinator-2")
        await seen.page.locator("#code").fill(code)
        await seen.page.locator("#begin button").click()
        await expect(seen.page.locator("#begin [role=alert]")).to_contain_text("do not belong together")
        await expect(seen.page.locator("#ways")).to_be_hidden()


# --- passkeys ----------------------------------------------------------------------------------------------------------


async def test_a_passkey_enrols_signs_in_and_opens_the_keys(stage: Stage, browser: Browser) -> None:
    """With a virtual authenticator that has a PRF. Nothing that is sent holds its secret.

    Mutation: ``credential.toJSON()``, whose result holds the secret; a key wrapped by something else than the secret."""
    name = "supervisor-pe-1"
    async with stage.seen(browser) as seen:
        page = seen.page
        await stage.authenticator(page)
        await stage.enrol_with_passkey(page, name)
        await expect(page.locator(".who")).to_have_text(name)
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")

        await stage.sign_in_with_passkey(page, name)
        await expect(page.locator(".who")).to_have_text(name)
        assert await page.evaluate(RING) == [[list(await key_in_use(stage, name)), "private", False]]
        assert await page.evaluate(ROUND_TRIP) == "llegó"
        for body in bodies(seen):
            assert "prf" not in body and "clientExtensionResults" not in body
            credential: dict[str, Any] = json.loads(body).get("credential", {}) if body.startswith("{") else {}
            assert set(credential) <= {"id", "rawId", "type", "response"}
    stage.forget(name)


async def test_without_prf_a_passkey_enrols_nobody(small_stage: Stage, browser: Browser) -> None:
    """Mutation: taking an account into use with a key that nothing can open again."""
    name = "supervisor-pe-1"
    code = await enrolment(small_stage, name)
    async with small_stage.seen(browser) as seen:
        await small_stage.authenticator(seen.page, prf=False)
        await begin(seen, name, code)
        await seen.page.locator("#by-passkey button").click()
        await expect(seen.page.locator("#by-passkey [role=alert]")).to_contain_text("cannot open your keys")
        await expect(seen.page.locator("#done")).to_be_hidden()


async def test_by_an_address_of_numbers_the_passphrase_is_offered_at_once(small_stage: Stage, browser: Browser) -> None:
    """Passkeys are bound to a name. Mutation: a button that can only fail."""
    async with small_stage.seen(browser, complaints=True) as seen:
        await seen.page.goto(small_stage.url.replace("localhost", "127.0.0.1") + "/desk/sign-in")
        await expect(seen.page.locator("#passphrase")).to_be_visible()
        await expect(seen.page.locator("[value=passkey]")).to_be_hidden()


# --- one's own account -------------------------------------------------------------------------------------------------


async def test_a_passkey_is_added_opens_the_keys_and_is_removed(small_stage: Stage, browser: Browser) -> None:
    """Mutation: adding it without wrapping the key for it; removing it and leaving its wrap."""
    name = "case-manager-co-2"
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.authenticator(page)
        await small_stage.sign_in(page, name)
        await seen.open("/desk/account")
        await page.locator("#add-passphrase").fill(PASSPHRASE)
        await page.locator("#add-passkey [value=add]").click()
        await page.wait_for_url("**/account?done=passkey")
        await expect(page.locator("form[action$='/passkey/remove']")).to_have_count(1)
        await expect(page.locator("li .tag")).to_have_count(0)
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")

        await small_stage.sign_in_with_passkey(page, name)
        assert len(await page.evaluate(RING)) == 1
        await seen.open("/desk/account")
        await page.locator("form[action$='/passkey/remove'] button").click()
        await page.wait_for_url("**/account?done=removed")
        actor = await small_stage.actor(name)
        async with small_stage.engine.connect() as connection:
            wraps = select(KeyWrap.passkey_id).join(StaffKey).where(StaffKey.staff_id == actor.id)  # type: ignore[call-overload,arg-type]
            assert (await connection.execute(wraps)).scalars().all() == [None]


async def test_the_passphrase_changes_and_still_opens_the_key(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a new proof without new wraps, after which nobody could open anything."""
    name, new = "supervisor-co-1", "cinco lámparas junto al río"
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.sign_in(page, name)
        before = await key_in_use(small_stage, name)
        await seen.open("/desk/account")
        await page.locator("#old").fill("no es esta frase")
        await page.locator("#new").fill(new)
        await page.locator("#again").fill(new)
        await page.locator("#change-passphrase button").click()
        await expect(page.locator("#change-passphrase [role=alert]")).to_contain_text("not your present passphrase")
        await page.locator("#old").fill(PASSPHRASE)
        await page.locator("#change-passphrase button").click()
        await page.wait_for_url("**/account?done=passphrase")
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")
        await small_stage.sign_in(page, name, passphrase=new)
        assert await page.evaluate(RING) == [[list(before), "private", False]]
        assert await page.evaluate(ROUND_TRIP) == "llegó"
    small_stage.forget(name)


@pytest.mark.requirement("P-5")
async def test_a_new_key_is_in_use_and_the_old_one_opens_what_came_before(small_stage: Stage, browser: Browser) -> None:
    """Mutation: a ring that loses the old key, or a new key that goes to the server only."""
    name = "focal-point-pe-1"
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.sign_in(page, name)
        old = await key_in_use(small_stage, name)
        await seen.open("/desk/account")
        await page.locator("#key-passphrase").fill(PASSPHRASE)
        await page.locator("#change-key button").click()
        await page.wait_for_url("**/account?done=key")
        new = await key_in_use(small_stage, name)
        assert new != old
        both = [[list(new), "private", False], [list(old), "private", False]]
        assert await page.evaluate(RING) == both
        await page.locator(".leave-button").click()
        await page.wait_for_url("**/desk/left")
        await small_stage.sign_in(page, name)
        assert await page.evaluate(RING) == both


async def test_keys_are_opened_later_where_they_are_not_in_the_browser(small_stage: Stage, browser: Browser) -> None:
    """Mutation: going back to wherever a link says, another site included."""
    await small_stage.account(WHO)
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.enter(seen.context, WHO)
        await seen.open("/desk/unlock?back=//elsewhere.example/")
        assert await page.locator("#unlock").get_attribute("data-back") == "/"
        await seen.open("/desk/unlock?back=/account")
        assert await page.evaluate(RING) == []
        await page.locator("#passphrase").fill("otra frase entera")
        await page.locator("[value=passphrase]").click()
        await expect(page.locator("#unlock [role=alert]")).to_contain_text("does not open your keys")
        await page.locator("#passphrase").fill(PASSPHRASE)
        await page.locator("[value=passphrase]").click()
        await page.wait_for_url("**/desk/account")
        assert len(await page.evaluate(RING)) == 1


async def test_new_recovery_codes_replace_the_old_ones(small_stage: Stage, browser: Browser) -> None:
    async with small_stage.seen(browser) as seen:
        await small_stage.sign_in(seen.page, "coordinator-1")
        await seen.open("/desk/account")
        await seen.page.locator("#renew-codes button").click()
        await expect(seen.page.locator("#codes li")).to_have_count(8)
        await seen.page.reload()
        await expect(seen.page.locator("#codes-title + p")).to_contain_text("8 unused codes")


async def test_the_language_is_the_accounts(small_stage: Stage, browser: Browser) -> None:
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.enter(seen.context, "member-1")
        for lang, title in (("pt", "Minha conta"), ("es", "Mi cuenta"), ("en", "My account")):
            await seen.open("/desk/account")
            await page.locator("#lang").select_option(lang)
            await page.locator("#lang + *, form[action$='/language'] button").last.click()
            await page.wait_for_url("**/account?done=language")
            await expect(page.locator("h1")).to_have_text(title)
            assert await page.evaluate("document.documentElement.lang") == lang


async def test_the_page_of_signing_in_speaks_three_languages(small_stage: Stage, browser: Browser) -> None:
    """Answers of the server too. Mutation: a script that asks without saying the page's language."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await seen.open("/desk/sign-in")
        await page.locator(".langs [lang=pt]").click()
        await expect(page.locator("h1")).to_have_text("Entrar")
        await page.locator("#name").fill("nobody-1")
        await page.locator("#other > summary").click()
        await page.locator("#passphrase").fill(PASSPHRASE)
        await page.locator("#second").fill("000000")
        await page.locator("[value=passphrase]").click()
        await expect(page.locator("#sign-in [role=alert]")).to_contain_text("não coincidem")


# --- browsers and hands ------------------------------------------------------------------------------------------------


async def test_the_return_key_in_the_passphrase_takes_the_passphrase(small_stage: Stage, browser: Browser) -> None:
    """Mutation: the form's first button, the passkey's, which the return key presses wherever it is pressed."""
    account = await small_stage.account(WHO)
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await seen.open("/desk/sign-in")
        await page.locator("#name").fill(f" {WHO.upper()} ")
        await page.locator("#other > summary").click()
        await page.locator("#second").fill(small_stage.code(account))
        await page.locator("#passphrase").fill(PASSPHRASE)
        await page.locator("[data-shows=passphrase]").check()
        await expect(page.locator("#passphrase")).to_have_attribute("type", "text")
        await page.locator("[data-shows=passphrase]").uncheck()
        await expect(page.locator("#passphrase")).to_have_attribute("type", "password")
        await page.locator("#passphrase").press("Enter")
        await expect(page.locator(".who")).to_have_text(WHO)


@pytest.mark.parametrize("path", ["/desk/sign-in", "/desk/enrol"])
async def test_a_browser_that_cannot_is_told_so(small_stage: Stage, browser: Browser, path: str) -> None:
    """Mutation: a form whose button does nothing."""
    async with small_stage.seen(browser) as seen:
        await seen.context.add_init_script(
            "crypto.subtle.generateKey = async () => { throw new DOMException('no such algorithm'); }"
        )
        await seen.open(path)
        await expect(seen.page.locator("#unable")).to_be_visible()
        await expect(seen.page.locator("#sign-in, #begin")).to_be_hidden()


async def test_recovery_codes_are_printed_and_nothing_else(small_stage: Stage, browser: Browser) -> None:
    """Mutation: printing them blurred, since the dialogue of printing takes the focus; printing the menu."""
    async with small_stage.seen(browser) as seen:
        page = seen.page
        await small_stage.sign_in(page, "coordinator-1")
        await seen.open("/desk/account")
        await page.locator("#renew-codes button").click()
        await expect(page.locator("#codes li")).to_have_count(8)
        await page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")
        await page.emulate_media(media="print")
        assert await page.locator("#codes").evaluate("(list) => getComputedStyle(list).filter") == "none"
        for hidden in (".top", ".foot", "#print"):
            await expect(page.locator(hidden)).to_be_hidden()
