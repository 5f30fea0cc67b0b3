"""The browser's half of sealing, in a real browser under the desk's content security policy, against Python's half.

The last tests hold both against a third, independent implementation (``@hpke/core``), where npm can fetch it. What they show is
also shown here by the vector of the RFC, in both directions, and by ``tests/bot/test_sealing.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from playwright.async_api import Page, Route

from bot.sealing import ROOM, CannotOpen, Envelope, Kind, Wrap, key_id, seal, unseal
from flows.kernel import Words
from tests.bot import forgery
from tests.browser import launched

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT: Final = Path(__file__).parents[2] / "bot" / "desk" / "static" / "sealing.js"
VECTOR: Final = json.loads((Path(__file__).parents[1] / "data" / "hpke_vector.json").read_text(encoding="utf-8"))
POLICY: Final = (
    "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ORIGIN: Final = "https://desk.example"
TICKET: Final = forgery.TICKET
TEXTS: Final = ["", "Llámame después de las 6", "\ufeffa\0", "Ñandú 👩‍👧 ção €", "x" * 510]

#: What only the test needs: bytes as hexadecimal text, keys from their bytes.
PAGE: Final = """
import * as sealing from "/sealing.js";
const raw = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (array) => Array.from(array, (n) => n.toString(16).padStart(2, "0")).join("");
const pair = async (secret, publicKey) => {
  const pkcs8 = raw("302e020100300506032b656e04220420" + secret);
  return { publicKey: raw(publicKey), privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]) };
};
Object.assign(globalThis, { sealing, raw, hex, pair, violations: [] });
addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
document.documentElement.dataset.ready = "";
"""

STAFF: Final = [X25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(2, 6)]


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def keys(private: X25519PrivateKey) -> list[str]:
    return [private.private_bytes_raw().hex(), public(private).hex()]


class Seen:
    """A page of the desk, what it asked for and what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.said: list[str] = []

    async def run(self, body: str, **given: Any) -> Any:
        return await self.page.evaluate("async (given) => {" + body + "}", given)

    async def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        self.asked.append(path)
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        match path:
            case "/":
                page = '<!doctype html><html lang="en"><title>-</title><script type="module" src="/page.js"></script></html>'
                await route.fulfill(body=page, content_type="text/html", headers=headers)
            case "/page.js":
                await route.fulfill(body=PAGE, content_type="text/javascript", headers=headers)
            case "/sealing.js":
                await route.fulfill(body=SCRIPT.read_text(encoding="utf-8"), content_type="text/javascript", headers=headers)
            case _:
                await route.abort()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk() -> AsyncIterator[Seen]:
    async with launched() as browser:
        page = await browser.new_page()
        seen = Seen(page)
        page.on("console", lambda message: seen.said.append(message.text))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        await page.route("**/*", seen.answer)
        await page.goto(ORIGIN + "/")
        await page.wait_for_selector("html[data-ready]", state="attached")
        yield seen


# --- each one's envelopes, opened by the other -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ROOM))
@pytest.mark.requirement("P-5")
async def test_the_browser_opens_what_python_seals(desk: Seen, kind: Kind) -> None:
    """Every recipient does, and nobody else.

    Mutation: in sealing.js another label, another order in ``info``, or a size of a kind that differs."""
    envelopes = [seal(Words(text), kind, TICKET, [public(one) for one in STAFF[:3]]).encode().hex() for text in TEXTS]
    opened = await desk.run(
        """const pairs = await Promise.all(given.staff.map((each) => pair(...each)));
        return Promise.all(given.envelopes.map((envelope) => Promise.all(pairs.map((one) =>
          sealing.open(raw(envelope), given.kind, raw(given.ticket), one).catch(() => null)))));""",
        envelopes=envelopes,
        kind=kind,
        ticket=TICKET.hex(),
        staff=[keys(one) for one in STAFF],
    )
    assert opened == [[text, text, text, None] for text in TEXTS]


async def test_python_opens_an_answer_sealed_in_the_browser(desk: Seen) -> None:
    """Mutation: in sealing.js a length written the other way round, or padding that is not zeros."""
    texts = [*TEXTS, "x" * (ROOM["answer"] - 2), "ñ" * 1023]
    sealed = await desk.run(
        "return Promise.all(given.texts.map(async (text) => hex(await sealing.seal(text, raw(given.ticket), raw(given.key)))));",
        texts=texts,
        ticket=TICKET.hex(),
        key=public(STAFF[0]).hex(),
    )
    envelopes = [Envelope.decode(bytes.fromhex(each)) for each in sealed]
    assert [unseal(each, STAFF[0], kind="answer", ticket=TICKET).reveal() for each in envelopes] == texts
    assert {len(each) for each in sealed} == {2 * (57 + 96 + ROOM["answer"] + 16)}
    assert len({each.commitment for each in envelopes}) == len(texts)
    for each in envelopes:
        with pytest.raises(CannotOpen):
            unseal(each, STAFF[1], kind="answer", ticket=TICKET)


@pytest.mark.requirement("P-5")
async def test_a_key_born_in_the_browser_is_wrapped_for_in_the_browser(desk: Seen) -> None:
    """Hand-over as the desk does it: one opens and wraps again, the server adds the wrap, the other opens; Python too.

    Mutation: in sealing.js ``rewrap`` bound to the opener's key id; ``keyPair`` that is extractable by default."""
    envelope = seal(Words(TEXTS[3]), "contact", TICKET, [public(STAFF[0])])
    made = await desk.run(
        """globalThis.newcomer = await sealing.keyPair();
        const opener = await pair(...given.opener);
        const wraps = [newcomer.publicKey, raw(given.python)].map((key) =>
          sealing.rewrap(raw(given.envelope), "contact", raw(given.ticket), opener, key));
        const secret = await crypto.subtle.exportKey("pkcs8", newcomer.privateKey).catch(() => null);
        return { key: hex(newcomer.publicKey), id: hex(await sealing.keyId(newcomer.publicKey)), secret,
                 wraps: (await Promise.all(wraps)).map(hex) };""",
        envelope=envelope.encode().hex(),
        ticket=TICKET.hex(),
        opener=keys(STAFF[0]),
        python=public(STAFF[1]).hex(),
    )
    wraps = [Wrap.decode(bytes.fromhex(each)) for each in made["wraps"]]
    assert made["secret"] is None
    assert [wrap.key_id for wrap in wraps] == [bytes.fromhex(made["id"]), key_id(public(STAFF[1]))]
    assert key_id(bytes.fromhex(made["key"])).hex() == made["id"]
    more = envelope.added(wraps[0]).added(wraps[1])
    assert unseal(more, STAFF[1], kind="contact", ticket=TICKET).reveal() == TEXTS[3]
    released = more.released(wraps[0].key_id)
    assert released is not None
    read = await desk.run(
        'return sealing.open(raw(given.envelope), "contact", raw(given.ticket), newcomer);',
        envelope=released.encode().hex(),
        ticket=TICKET.hex(),
    )
    assert read == TEXTS[3]


async def test_only_a_key_that_is_asked_for_so_can_be_wrapped(desk: Seen) -> None:
    """Mutation: ignoring ``extractable`` (a key could then never be kept by a passkey)."""
    assert await desk.run("return (await sealing.keyPair(true)).privateKey.extractable;") is True


# --- what must stay shut ---------------------------------------------------------------------------------------------


async def test_the_browser_refuses_what_python_refuses_and_says_one_thing(desk: Seen) -> None:
    """Every bit of the head, commitment, count and wrap, some of the body, cuts, additions, strangers, other tickets
    and kinds, other padding, another commitment.

    Mutation: in sealing.js dropping the comparison of commitment or padding; an error that says which check failed."""
    good = seal(Words(TEXTS[1]), "note", TICKET, [public(STAFF[0])]).encode()
    bits = [*range(8 * (57 + 96)), *range(8 * (57 + 96), 8 * len(good), 397)]
    flipped = [good[: bit // 8] + bytes([good[bit // 8] ^ 1 << bit % 8]) + good[bit // 8 + 1 :] for bit in bits]
    forged = [forgery.note(STAFF[0], padded) for padded in forgery.PADDINGS.values()]
    forged.append(forgery.note(STAFF[0], b"\0\1a".ljust(2048, b"\0"), b"x" * 32))
    wrong = [
        *flipped,
        *(each.encode() for each in forged),
        b"",
        good[:56],
        good[:57],
        good[:-1],
        good + b"\0",
        good[:153] + good[-16:],
    ]
    relabelled = bytearray(good)
    relabelled[7] = 4
    said = await desk.run(
        """const [mine, stranger] = await Promise.all(given.staff.map((each) => pair(...each)));
        const [good, ticket] = [raw(given.good), raw(given.ticket)];
        const ways = [
          ...given.wrong.map((each) => () => sealing.open(raw(each), "note", ticket, mine)),
          () => sealing.open(good, "note", ticket, stranger),
          () => sealing.open(good, "answer", ticket, mine),
          () => sealing.open(good, "nothing", ticket, mine),
          () => sealing.open(good, "note", raw(given.other), mine),
          () => sealing.open(good, "note", ticket.slice(1), mine),
          () => sealing.open(raw(given.relabelled), "answer", ticket, mine),
          () => sealing.rewrap(good, "note", ticket, stranger, mine.publicKey),
          () => sealing.rewrap(good, "answer", ticket, mine, stranger.publicKey),
        ];
        const said = [];
        for (const way of ways) said.push(await way().then(() => "opened", (error) => `${error.name}: ${error.message}`));
        return [[...new Set(said)], await sealing.open(good, "note", ticket, mine)];""",
        good=good.hex(),
        wrong=[each.hex() for each in wrong],
        relabelled=bytes(relabelled).hex(),
        ticket=TICKET.hex(),
        other=bytes(16).hex(),
        staff=[keys(one) for one in STAFF[:2]],
    )
    assert said == [["Error: This envelope cannot be opened with this key as this kind of this ticket."], TEXTS[1]]


async def test_the_browser_does_not_seal_what_it_should_not(desk: Seen) -> None:
    """A text that is too long, a ticket of another length, keys that protect nothing.

    Mutation: cutting a text at the end of the room."""
    sealed = await desk.run(
        """const [ticket, key] = [raw(given.ticket), raw(given.key)];
        const ways = [["x".repeat(2047), ticket, key], ["x", ticket.slice(1), key], ["x", ticket, key.slice(1)],
                      ["x", ticket, new Uint8Array(32)], ["x", ticket, Uint8Array.from({ length: 32 }, (_, n) => +!n)]];
        return Promise.all(ways.map((way) => sealing.seal(...way).then(() => true, () => false)));""",
        ticket=TICKET.hex(),
        key=public(STAFF[0]).hex(),
    )
    assert sealed == [False] * 5


# --- the standard, and the page --------------------------------------------------------------------------------------


async def test_the_vector_of_the_rfc_in_both_directions(desk: Seen) -> None:
    """Mutation: in sealing.js any label, identifier or order of HPKE's key schedule."""
    opened, sealed = await desk.run(
        """const [staff, info, aad] = [await pair(given.skRm, given.pkRm), raw(given.info), raw(given.aad)];
        const ephemeral = await pair(given.skEm, given.pkEm);
        return [hex(await sealing.hpkeOpen(staff, info, aad, raw(given.pkEm + given.ct))),
                hex(await sealing.hpkeSeal(staff.publicKey, info, aad, raw(given.pt), ephemeral))];""",
        **VECTOR,
    )
    assert opened == VECTOR["pt"]
    assert sealed == VECTOR["pkEm"] + VECTOR["ct"]


async def test_it_works_under_the_strictest_policy_and_asks_nobody(desk: Seen) -> None:
    """Runs last in this module's page: all of the above was done under it. That the policy holds is shown by breaking it.

    Mutation: in sealing.js ``eval``, an import of a stranger's script, a worker made from a text, a request."""
    assert await desk.run("return violations;") == []
    assert desk.asked == ["/", "/page.js", "/sealing.js"] and desk.said == []
    broken = await desk.run(
        "try { document.body.innerHTML = '<b>'; return false } catch (error) { return error.name === 'TypeError'; }"
    )
    assert broken is True


async def test_it_stays_small_and_alone() -> None:
    """Somebody who reviews it reads all of it.

    Mutation: importing a library, or copying one in."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.encode()) <= 6_000
    for word in ("import ", "import(", "fetch", "localStorage", "indexedDB", "innerHTML", "eval(", "console", "Math.random"):
        assert word not in text


# --- an independent implementation -----------------------------------------------------------------------------------

ORACLE: Final = "@hpke/core@1.9.0"
ASK: Final = """
import { readFileSync } from "node:fs";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import * as sealing from "./sealing.mjs";
const given = JSON.parse(readFileSync(0));
const raw = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const hex = (array) => Buffer.from(array).toString("hex");
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const [info, aad, plain] = [raw(given.info), raw("c0ffee"), raw(given.plain)];
const publicKey = await suite.kem.deserializePublicKey(raw(given.publicKey));
const privateKey = await suite.kem.deserializePrivateKey(raw(given.privateKey));
const pkcs8 = raw("302e020100300506032b656e04220420" + given.privateKey);
const own = { publicKey: raw(given.publicKey) };
own.privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
const theirs = async (sealed, info, aad) =>
  hex(await suite.open({ recipientKey: privateKey, enc: sealed.slice(0, 32), info }, sealed.slice(32), aad));
const made = await suite.seal({ recipientPublicKey: publicKey, info }, plain, aad);
const bare = await suite.seal({ recipientPublicKey: publicKey, info }, plain);
const theirsWhole = raw(hex(made.enc) + hex(made.ct));
const answer = await sealing.seal("x", raw(given.ticket), own.publicKey);
const bound = raw(Buffer.from("faro wrap 1\\0").toString("hex") + hex(answer.slice(0, 56)) + hex(answer.slice(57, 73)));
console.log(JSON.stringify({
  theyOpenPython: await theirs(raw(given.sealed), info, new Uint8Array()),
  theyOpenOurs: await theirs(await sealing.hpkeSeal(own.publicKey, info, aad, plain), info, aad),
  weOpenTheirs: hex(await sealing.hpkeOpen(own, info, aad, theirsWhole)),
  theyOpenAWrap: (await theirs(answer.slice(73, 153), bound, new Uint8Array())).length,
  forPython: hex(bare.enc) + hex(bare.ct),
}));
"""


@pytest.fixture
def oracle(tmp_path: Path) -> Path:
    """A folder in which node finds the library, and our script under a name that node takes for a module."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        pytest.skip("not compared with @hpke/core: npm and node are not installed here")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < 20:
        pytest.skip(f"not compared with @hpke/core: it needs node 20, and this is {version.strip()}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "faro-oracles"
    if not (cache / "node_modules" / "@hpke" / "core" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        quiet = ["--silent", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]
        try:
            subprocess.run([npm, "install", *quiet, "--prefix", str(cache), ORACLE], capture_output=True, timeout=120, check=True)
        except (OSError, subprocess.SubprocessError):
            pytest.skip("not compared with @hpke/core: npm could not fetch it")
    (tmp_path / "node_modules").symlink_to(cache / "node_modules", target_is_directory=True)
    shutil.copy(SCRIPT, tmp_path / "sealing.mjs")
    (tmp_path / "ask.mjs").write_text(ASK, encoding="utf-8")
    return tmp_path


async def test_an_independent_implementation_reads_both_halves_and_is_read_by_both(oracle: Path) -> None:
    """Mutation: an error that Python and the browser share."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    info, plain = b"of this test", bytes(range(32))
    given = {
        "info": info.hex(),
        "plain": plain.hex(),
        "publicKey": public(STAFF[0]).hex(),
        "privateKey": STAFF[0].private_bytes_raw().hex(),
        "sealed": suite.encrypt(plain, STAFF[0].public_key(), info=info).hex(),
        "ticket": TICKET.hex(),
    }
    done = subprocess.run(
        ["node", "ask.mjs"], cwd=oracle, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert answers.pop("theyOpenAWrap") == 64
    assert suite.decrypt(bytes.fromhex(answers.pop("forPython")), STAFF[0], info=info) == plain
    assert answers == dict.fromkeys(["theyOpenPython", "theyOpenOurs", "weOpenTheirs"], plain.hex())
