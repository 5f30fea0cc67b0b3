"""Who may import whom (docs/architecture.md, section 2), and a proof for each contract that it can fail."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
IDS = [contract["id"] for contract in CONTRACTS]

#: Contract -> (module that is given a line, the line), for each way in which somebody might break it.
PLANTED: dict[str, list[tuple[str, str]]] = {
    "flows-are-pure": [
        ("flows/services.py", "import time"),
        ("flows/kernel.py", "from random import choice"),
        ("flows/start.py", "import bot.settings"),
    ],
    "one-room": [
        ("bot/layout.py", "from bot.vault import Address"),
        ("bot/directory/search.py", "import bot.vault"),
        ("bot/conversation.py", "from bot.sealing import unseal"),
        ("bot/alerts/outbox.py", "from bot.vault import Vault"),
    ],
    "one-permit": [
        ("bot/jobs.py", "from bot.relay_permit import Permit"),
        ("bot/alerts/outbox.py", "from bot.relay_permit import Permit"),
        ("bot/conversation.py", "import bot.relay_permit"),
    ],
    "complaints-route": [
        ("bot/complaints/desk.py", "from bot.relay import Relay"),
        ("bot/complaints/intake.py", "import bot.vault"),
        ("bot/complaints/listing.py", "from bot.tickets.listing import queue"),
    ],
    "channels-apart": [("bot/channels/telegram.py", "from bot.channels.twilio import Twilio")],
    "channels-carry": [
        ("bot/channels/twilio.py", "from bot.directory.tables import Service"),
        ("bot/channels/simulator.py", "import flows.services"),
    ],
    "desk-apart": [
        ("bot/desk/app.py", "from bot.vault import Vault"),
        ("bot/desk/words.py", "from bot.sealing import unseal"),
        ("bot/desk/pages/front.py", "import bot.channels.telegram"),
    ],
    "conversation-is-deaf": [("bot/conversation.py", "import bot.channels.twilio"), ("bot/wording.py", "import telegram")],
    "directory-of-places": [
        ("bot/directory/search.py", "import bot.sessions"),
        ("bot/places/gazetteer.py", "import bot.conversation"),
    ],
    "one-root": [("bot/layout.py", "import bot.app")],
    "one-path": [("bot/channels/telegram.py", "from bot.conversation import Conversation")],
}


def lint(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the contracts of ``tree`` on the modules of ``tree``."""
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    environment = os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "200"}
    command = [sys.executable, "-P", "-c", code, "--no-cache", *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the program that may be broken."""
    for package in ("bot", "flows"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.html", "*.js", "*.css", "*.svg")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds() -> None:
    """Mutation: any import that a contract forbids."""
    ran = lint(ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in ran.stdout


def test_every_contract_has_a_violation_to_catch() -> None:
    """Mutation: a contract that nobody has seen fail."""
    assert set(PLANTED) == set(IDS)


@pytest.mark.parametrize(("contract", "module", "line"), [(each, *one) for each in PLANTED for one in PLANTED[each]])
def test_a_planted_violation_is_seen(tree: Path, contract: str, module: str, line: str) -> None:
    """Mutation: dropping a module from the contract."""
    with (tree / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\ndef planted():\n    {line}\n")
    ran = lint(tree, "--contract", contract)
    assert ran.returncode == 1 and "0 kept, 1 broken" in ran.stdout, ran.stdout + ran.stderr


def test_no_topic_is_forgotten() -> None:
    """Mutation: a new file in flows/ that adapters may import."""
    (carry,) = (contract for contract in CONTRACTS if contract["id"] == "channels-carry")
    topics = {f"flows.{path.stem}" for path in (ROOT / "flows").glob("*.py")} - {"flows.__init__", "flows.facts", "flows.kernel"}
    assert topics <= set(carry["forbidden_modules"]), "add to the contract channels-carry in pyproject.toml"


def test_the_desk_is_kept_from_every_topic() -> None:
    """Mutation: a new file in flows/ that the desk may import."""
    (apart,) = (contract for contract in CONTRACTS if contract["id"] == "desk-apart")
    topics = {f"flows.{path.stem}" for path in (ROOT / "flows").glob("*.py")} - {"flows.__init__", "flows.facts", "flows.kernel"}
    assert topics <= set(apart["forbidden_modules"]), "add to the contract desk-apart in pyproject.toml"


def test_no_adapter_is_forgotten() -> None:
    """Mutation: a new adapter that is not kept apart from the others."""
    (apart,) = (contract for contract in CONTRACTS if contract["id"] == "channels-apart")
    modules = {path.stem for path in (ROOT / "bot" / "channels").glob("*.py")} - {"__init__"}
    # ``telegram_client`` is part of ``telegram``; it may not know the other adapters either.
    parts = {module for module in modules if any(module.startswith(f"{other}_") for other in modules)}
    assert {f"bot.channels.{module}" for module in modules - parts} == set(apart["modules"])
    for part in parts:
        whole = part.partition("_")[0]
        text = (ROOT / "bot" / "channels" / f"{part}.py").read_text(encoding="utf-8")
        strangers = modules - {part, whole} - {other for other in parts if other.startswith(f"{whole}_")}
        assert not [other for other in strangers if f"bot.channels.{other}" in text or f"bot.channels import {other}" in text]


PRESENT = {"now", "today", "utcnow"}


def test_flows_ask_no_clock() -> None:
    """Mutation: ``date.today()`` in a flow; datetime itself is allowed, as a shape."""
    asked = [
        f"{path.name}:{call.lineno}"
        for path in sorted((ROOT / "flows").glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in PRESENT
    ]
    assert not asked


def test_flows_open_nothing() -> None:
    """Mutation: ``open()``, ``print()``, ``input()``, ``eval()`` or a late ``__import__`` in a flow."""
    used = [
        f"{path.name}:{call.lineno} {call.func.id}"
        for path in sorted((ROOT / "flows").glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"}
    ]
    assert not used
