"""What every answer carries, and what a request must carry: headers, cookies, forms, where a request comes from."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.desk.security import Surroundings, headers, policy
from bot.staff import desk_sessions
from tests.desk.stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO = "case-manager-co-1"
#: A page, a redirect, nothing, a refusal, a file, an answer to a script.
ADDRESSES = ("/desk/account", "/desk/", "/desk/nowhere", "/desk/sign-in", "/desk/static/desk.css", "/desk/account/keys")


@pytest.mark.parametrize("who", ["", WHO])
async def test_every_answer_is_protected_and_kept_nowhere(small_stage: Stage, who: str) -> None:
    """Mutation: headers on pages only, and not on redirects, errors and files."""
    async with small_stage.client(who) as client:
        for path in ADDRESSES:
            answer = await client.get(path)
            for name, value in headers("none", secure=False).items():
                if (name, path) != ("cache-control", "/desk/static/desk.css"):
                    assert answer.headers[name] == value, (path, name)
            assert "unsafe" not in answer.headers["content-security-policy"]


async def test_nobody_may_frame_the_desk_but_our_own_demo() -> None:
    assert "frame-ancestors 'none'" in policy("none") and "frame-ancestors 'self'" in policy("self")
    assert policy("self").replace("frame-ancestors 'self'", "frame-ancestors 'none'") == policy("none")


async def test_a_form_without_its_token_changes_nothing(small_stage: Stage) -> None:
    """Mutation: asking for the token of a form and not of a script, or comparing with an empty one."""
    async with small_stage.client(WHO) as client:
        other = desk_sessions.csrf(await small_stage.token("member-1"))
        right = client.headers.pop("x-csrf")
        for given in ("", "x", other, right[:-1]):
            answer = await client.post("/desk/account/language", data={"lang": "pt", "csrf": given})
            assert answer.status_code == 403
            script = {"accept": "application/json", "x-csrf": given}
            assert (await client.post("/desk/account/codes", json={}, headers=script)).status_code == 403
        assert (await small_stage.actor(WHO)).lang == "en"
        assert (await client.post("/desk/account/language", data={"lang": "en", "csrf": right})).status_code == 303


@pytest.mark.parametrize(
    "sent",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "https://elsewhere.example"},
        {"origin": "null"},
        {},
    ],
)
async def test_another_sites_page_changes_nothing(small_stage: Stage, sent: dict[str, str]) -> None:
    """Also where no session is needed. Mutation: trusting a request that says nothing of where it comes from."""
    async with small_stage.client(WHO) as client:
        del client.headers["sec-fetch-site"]
        answer = await client.post("/desk/account/language", data={"lang": "pt"}, headers=sent)
        assert answer.status_code == 403
        if "origin" not in sent and sent:  # the browser's own word counts, whatever else is sent along
            answer = await client.post("/desk/account/language", headers={**sent, "origin": small_stage.url})
            assert answer.status_code == 403
    async with httpx.AsyncClient(base_url=small_stage.url) as client:
        answer = await client.post("/desk/sign-in/salt", json={"name": WHO}, headers=sent)
        assert answer.status_code == 403


async def test_own_origin_is_enough_where_a_browser_says_no_more(small_stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=small_stage.url) as client:
        answer = await client.post("/desk/sign-in/salt", json={"name": WHO}, headers={"origin": small_stage.url})
        assert answer.status_code == 200


async def test_a_strange_name_gets_nothing(small_stage: Stage) -> None:
    """A foreign page may give this machine a name of its own. Mutation: not looking at the host."""
    async with small_stage.client(WHO) as client:
        answer = await client.get("/desk/account", headers={"host": "rebound.example"})
        assert answer.status_code == 403 and WHO not in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"name": 1}', "application/json", 400),
        (b'{"name": "a", "more": 1}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"name=a", "text/plain", 400),
        (b"name=%ff", "application/x-www-form-urlencoded", 400),
        (b"x" * 70_000, "application/json", 413),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b", 400),
        (b"", "multipart/form-data", 400),
    ],
)
async def test_what_no_page_of_ours_sends_is_refused_in_a_sentence(small_stage: Stage, body: bytes, kind: str, status: int) -> None:
    """Mutation: an exception's text in the answer, reading without a limit."""
    async with small_stage.client() as client:
        sent = {"content-type": kind, "accept": "application/json"}
        answer = await client.post("/desk/sign-in/salt", content=body, headers=sent)
        assert answer.status_code == status
        assert set(answer.json()) == {"error"} and answer.json()["error"].endswith(".")


async def test_a_store_that_is_down_is_said_in_a_sentence(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And nothing of the fault itself. Mutation: letting the error through, or answering "signed out"."""
    folder = tmp_path_factory.mktemp("down")
    async with staged(f"sqlite+aiosqlite:///{folder / 'faro.db'}", folder) as stage, stage.client(WHO) as client:
        async with stage.engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE staff RENAME TO gone")
        answer = await client.get("/desk/account")
        assert answer.status_code == 503
        assert "staff" not in answer.text and "sqlalchemy" not in answer.text.lower()
        assert (await client.get("/desk/account", headers={"accept": "application/json"})).json()["error"].endswith(".")


async def test_a_live_desk_has_a_cookie_that_only_https_carries() -> None:
    """Mutation: the plain name in a live installation; a cookie without ``Secure``."""
    live = Surroundings(live=True, public_url="https://desk.example.org", hosts=("*",))
    demo = Surroundings(live=False, public_url="", hosts=("localhost",))
    for place, scheme, name in ((live, "http", "__Host-desk"), (demo, "https", "__Host-desk"), (demo, "http", "desk")):
        answered = Response()
        place.remember(_request(scheme), answered, bytes(32))
        cookie = answered.headers["set-cookie"]
        assert cookie.startswith(f"{name}=") and "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
        assert ("Secure" in cookie) is name.startswith("__Host-")
        assert "Domain" not in cookie and "Max-Age" not in cookie
    assert headers("none", secure=True)["strict-transport-security"]
    assert live.origin(_request("http")) == "https://desk.example.org"


def _request(scheme: str) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": scheme,
        "path": "/",
        "headers": [(b"host", b"localhost")],
        "query_string": b"",
    }
    return Request(scope)


@pytest.mark.parametrize("token", ["", "zz", "00" * 31, "00" * 33, "00" * 32])
async def test_a_cookie_that_is_none_of_ours_signs_nobody_in(small_stage: Stage, token: str) -> None:
    async with small_stage.client() as client:
        client.cookies.set("desk", token)
        answer = await client.get("/desk/account")
        assert answer.status_code == 303 and answer.headers["location"] == "/desk/sign-in"


async def test_files_are_asked_for_again_only_when_they_changed(small_stage: Stage) -> None:
    async with small_stage.client() as client:
        first = await client.get("/desk/static/desk.css")
        again = await client.get("/desk/static/desk.css", headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/desk/static/../app.py")).status_code in (303, 404)
        assert (await client.get("/desk/static/nothing.js")).status_code == 404


async def test_signing_out_clears_the_browser(small_stage: Stage) -> None:
    """Mutation: no word to the browser, whose cache and storage no script reaches where scripts are off."""
    async with small_stage.client(WHO) as client:
        answer = await client.post("/desk/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/left")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert 'desk=""' in answer.headers["set-cookie"] and "Max-Age=0" in answer.headers["set-cookie"]
        assert (await client.get("/desk/account")).status_code == 303


async def test_what_a_page_asks_by_itself_is_no_sign_of_life(small_stage: Stage) -> None:
    """Mutation: every request that moves the end of the session further away: a live list would never let anybody go."""
    async with small_stage.client(WHO) as client:
        small_stage.clock.add(10 * 60)
        assert (await client.get("/desk/static/desk.css")).status_code == 200
        small_stage.clock.add(5 * 60 + 1)
        assert (await client.get("/desk/account")).status_code == 303
    async with small_stage.client(WHO) as client:
        small_stage.clock.add(10 * 60)
        assert (await client.get("/desk/account")).status_code == 200
        small_stage.clock.add(5 * 60 + 1)
        assert (await client.get("/desk/account")).status_code == 200
