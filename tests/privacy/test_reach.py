"""What the program reads of its machine and whom it may talk to: both are short lists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("bot", "flows") for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_settings_read_the_environment() -> None:
    """Mutation: ``os.environ`` or ``getenv`` anywhere else, or a second class of settings."""
    readers = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        words |= {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "os"
            for alias in node.names
        }
        if words & {"environ", "environb", "getenv", "getenvb", "putenv"} or any(
            i.startswith("pydantic_settings") for i in imported(path)
        ):
            readers.add(name(path))
    assert readers == {"bot/settings.py"}


#: Modules that can open a connection -> the files that may import them, and why.
CONNECTING = {
    "aiohttp": {"bot/channels/telegram.py", "bot/channels/telegram_client.py", "bot/alerts/push.py"},  # the Bot API, push services
    "telegram": {
        "bot/channels/telegram.py",
        "bot/channels/telegram_client.py",
        "bot/channels/telegram_sending.py",
        "bot/alerts/telegram.py",
    },
    "twilio.rest": {"bot/channels/twilio_retention.py"},  # deletion of older records; what else is asked of it goes through that
    "aiosmtplib": {"bot/alerts/mail.py"},
    "pywebpush": {"bot/alerts/push.py"},
    "redis": {"bot/doctor.py", "bot/redis_batch.py", "bot/sessions.py"},  # the session store
    "psycopg": {"bot/db.py"},
    "socket": {"bot/redis_batch.py", "bot/serve.py"},  # the session store; listening
    **{
        module: set()
        for module in ("httpx", "requests", "urllib3", "urllib.request", "http.client", "smtplib", "ftplib", "websockets")
    },
    **{module: set() for module in ("poplib", "imaplib", "telnetlib", "xmlrpc", "socketserver", "webbrowser", "asyncore")},
}


@pytest.mark.requirement("P-8")
def test_only_named_files_can_talk_to_others() -> None:
    """Mutation: importing an HTTP client anywhere else than in the adapter that needs it."""
    for path in SOURCES:
        for module in imported(path):
            for connecting, files in CONNECTING.items():
                if module == connecting or module.startswith(f"{connecting}."):
                    assert name(path) in files, f"{name(path)} imports {module}: it may not open connections"


WATCHED = """
import sys
def watch(event, details):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.posix_spawn"}:
        sys.stderr.write("REACHED " + event + "\\n")
sys.addaudithook(watch)
sys.argv = ["faro", "talk", "--channel", "telegram", "--lang", "es"]
from bot.__main__ import main
sys.exit(main())
"""


@pytest.mark.requirement("P-8")
def test_a_conversation_reaches_nobody() -> None:
    """Mutation: asking a map service, a translator or a counter on the way of an answer."""
    lines = "hola\nnecesito un médico en Cúcuta\n1\n@7.8939,-72.5078\n%voice\nme están siguiendo\n9\n0\n"
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED], cwd=ROOT, input=lines, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert ran.returncode == 0 and "DEMO" in ran.stdout, ran.stderr
    assert "REACHED" not in ran.stderr


#: Hosts that may stand in the program: providers, and examples that lead nowhere.
HOSTS = re.compile(r"(api\.telegram\.org|api\.twilio\.com|(\w+\.)*example\.(org|com)|your\.host|localhost|127\.0\.0\.1)\Z")
_ADDRESS = re.compile(r"\b(?:https?|wss?)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
#: The name of SVG, which is an address that nobody asks.
_SVG = "www.w3.org"


@pytest.mark.requirement("P-8")
def test_no_other_host_is_named() -> None:
    """Mutation: a web font, an analytics script, a map tile, a link shortener in code, page, style or text."""
    files = [
        path
        for folder in ("bot", "flows", "content")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".html", ".css", ".js", ".svg", ".po", ".md", ".txt", ".mako"}
    ]
    strange = [
        f"{name(path)}: {host}"
        for path in files
        for host in _ADDRESS.findall(path.read_text(encoding="utf-8"))
        if not HOSTS.match(host) and host != _SVG
    ]
    assert not strange


@pytest.mark.requirement("P-8")
def test_no_link_carries_a_campaign_or_a_person() -> None:
    """Mutation: ``?utm_source=`` or a start parameter beyond language and country in a text."""
    for path in sorted((ROOT / "content").rglob("*")):
        if path.suffix in {".po", ".md"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"utm_|[?&](ref|cid|gclid|fbclid)=|\b(bit\.ly|goo\.gl|tinyurl|t\.co/)", text), name(path)
            assert not re.search(r"\bstart=(?!(es|en|pt)(-[A-Z]{2})?\b)", text), name(path)


@pytest.mark.requirement("P-8")
def test_the_answer_to_authorities_is_written() -> None:
    """Mutation: dropping the plan, or changing how long sessions live without changing the answer."""
    from bot.settings import Settings  # noqa: PLC0415

    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    plan = page[page.index("## If an authority asks") :]
    fields = Settings.model_fields
    assert "we hold nothing older than" in plan
    assert (
        f"at most {fields['session_minutes'].default} minutes" in plan and f"at most {fields['epoch_hours'].default} hours" in plan
    )
