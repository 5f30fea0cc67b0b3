"""Every route of the desk with every role, and signed out: who gets an answer, and that a forbidden one is like none at all.

``matrix.txt`` says who may ask for what, in the order of their paths. A new page needs a line there: that line
is what is reviewed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import bot.desk.app  # noqa: F401 - so that every page is registered
from bot.desk import routing
from bot.desk.routing import ANY_OF, REGISTRY, Page, Registry
from bot.staff.roles import Actor
from bot.staff.tables import ROLES, Role
from tests.desk.stage import STAFF, Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

MATRIX = Path(__file__).with_name("matrix.txt")
#: Pages that are there only where the deployment has what they show.
OPTIONAL = ("/demo", "/account/push")
NOWHERE = "/desk/there-is-no-such-page"
#: Whoever stands for a role.
ACCOUNTS = {role: next(name for name, said in STAFF.items() if said["roles"] == [role]) for role in ROLES}
ROUTES = [(page, method) for page in REGISTRY.pages for method in page.methods]
NAMES = [f"{method} {page.path}" for page, method in ROUTES]


def expected() -> dict[str, str]:
    lines = [line for line in MATRIX.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(tuple(part.strip() for part in line.split(": ", 1)) for line in lines)  # type: ignore[misc]


def actor(role: Role, *, training: bool = False) -> Actor:
    return Actor(uuid.uuid4(), "x", "red-norte", (role,), tuple(STAFF[ACCOUNTS[role]]["countries"]), training=training)


def asked(page: Page) -> str:
    """The page's path with something in place of each {name}: an id that does not exist."""
    fill = {"uuid": str(uuid.UUID(int=7)), "int": "7"}
    return "/desk" + re.sub(r"\{[a-z_]+(?::([a-z]+))?\}", lambda hole: fill.get(hole[1] or "", "x"), page.path)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def clients(small_stage: Stage) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """One that is signed in for each role."""
    async with AsyncExitStack() as stack:
        yield {role: await stack.enter_async_context(small_stage.client(name)) for role, name in ACCOUNTS.items()}


async def answer(client: httpx.AsyncClient, method: str, path: str, accept: str = "text/html") -> tuple[int, bytes, dict[str, str]]:
    """Status, body, headers; of an answer without end (a live queue) only what comes at once."""
    async with client.stream(method, path, headers={"accept": accept}) as response:
        endless = response.headers.get("content-type", "").startswith("text/event-stream")
        body = b"" if endless else await response.aread()
        return response.status_code, body, {k: v for k, v in response.headers.items() if k != "date"}


@pytest.mark.requirement("M-1")
@pytest.mark.parametrize(("page", "method"), ROUTES, ids=NAMES)
async def test_who_may_ask(page: Page, method: str) -> None:
    """Mutation: any route's ``allow``, any entry of the table of roles that it asks."""
    said = expected().get(f"{method} {page.path}")
    assert said is not None, f"{MATRIX.name} has no line for {method} {page.path}: say there who may ask for it"
    roles = {"everybody": set(ROLES), "signed in": set(ROLES)}.get(said, set(said.split()))
    assert {role for role in ROLES if page.allow(actor(role))} == roles
    assert page.allow(None) is (said == "everybody")


async def test_the_matrix_names_nothing_that_is_gone() -> None:
    assert sorted(expected()) == sorted(NAMES)


@pytest.mark.requirement("M-1")
@pytest.mark.parametrize("role", ROLES)
async def test_what_is_forbidden_is_like_what_is_not_there(clients: dict[str, httpx.AsyncClient], role: Role) -> None:
    """Every route x every role, bodies and headers to the byte. Mutation: 403 for a page that exists, its name in the answer."""
    client, tried = clients[role], 0
    for accept in ("text/html", "application/json"):
        nothing = {method: await answer(client, method, NOWHERE, accept) for method in ("GET", "POST", "PUT", "DELETE")}
        assert {status for status, _, _ in nothing.values()} == {404}
        assert len({body for _, body, _ in nothing.values()}) == 1
        for page, method in ROUTES:
            if any(other.allow(actor(role)) for other in REGISTRY.pages if other.path == page.path):
                continue
            tried += 1
            assert await answer(client, method, asked(page), accept) == nothing[method], page.path
    assert tried or all(page.allow(actor(role)) for page in REGISTRY.pages)


@pytest.mark.requirement("M-1")
@pytest.mark.parametrize("role", ROLES)
async def test_what_is_allowed_answers(clients: dict[str, httpx.AsyncClient], role: Role) -> None:
    """Pages without a {name} in their path. Mutation: a dispatcher that refuses everybody passes every other test."""
    for page, method in ROUTES:
        if method == "GET" and "{" not in page.path and page.allow(actor(role)) and page.path not in OPTIONAL:
            status, _, _ = await answer(clients[role], method, asked(page))
            assert status in (200, 303), page.path


@pytest.mark.requirement("M-1")
async def test_signed_out_every_address_but_the_public_ones_is_the_same(small_stage: Stage) -> None:
    """Mutation: a public answer of 404 for what does not exist: the difference would be a list of routes."""
    async with small_stage.client() as client:
        for accept, status in (("text/html", 303), ("application/json", 401), ("text/event-stream", 401)):
            nothing = await answer(client, "GET", NOWHERE, accept)
            assert nothing[0] == status
            for page, method in ROUTES:
                if not page.allow.public:
                    assert await answer(client, method, asked(page), accept) == nothing, page.path


async def test_in_training_nothing_real_is_reached() -> None:
    """Mutation: a page that asks for an action which stays allowed in training although it shows what is real."""
    real = (
        "manage_staff", "manage_keys", "manage_recovery", "manage_roster", "see_audit", "see_statistics", "see_complaints",
        "check_directory", "administer",
    )  # fmt: skip
    for each in REGISTRY.pages:
        if each.allow.actions & set(real):
            for role in ROLES:
                assert not each.allow(actor(role, training=True)), each.path


async def test_a_wrong_method_is_named_to_whoever_may_ask(small_stage: Stage) -> None:
    async with small_stage.client("member-1") as client:
        status, _, headers = await answer(client, "DELETE", "/desk/account")
        assert (status, headers["allow"]) == (405, "GET")
        got, head = await client.get("/desk/account"), await client.head("/desk/account")
        assert head.status_code == got.status_code == 200 and head.content == b""


async def test_a_page_is_declared_once_and_by_actions_that_exist() -> None:
    """Mutation: two handlers of one address, of which one would never be asked; an action that nobody could ever have."""
    registry = Registry()

    async def nothing(visit: object) -> None: ...

    routing.page("/one", allow=ANY_OF("claim"), registry=registry)(nothing)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="twice"):
        routing.page("/one", allow=ANY_OF("claim"), registry=registry)(nothing)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no action"):
        ANY_OF("fly")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        ANY_OF()
