"""What is committed: no machine's paths, no registry's address, nothing left undone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT_LIMIT = 4_000_000
_NOT_OURS = re.compile(
    r"(^|/)(\.git|\.venv[\w-]*|\.cache|\.[a-z_]*_cache|__pycache__|node_modules|var|[\w.-]+\.egg-info|\.hypothesis)(/|$)"
)


def committed() -> Iterator[tuple[str, str]]:
    """Path and text of each committed file; of each file that lies there, where this is no clone."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = (
        listed.stdout.decode().split("\0") if listed.returncode == 0 else [p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*")]
    )
    for name in names:
        path = ROOT / name
        if name and path.is_file() and not _NOT_OURS.search(name) and path.stat().st_size < TEXT_LIMIT:
            raw = path.read_bytes()
            if b"\0" not in raw[:8000]:
                yield name, raw.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    found = dict(committed())
    assert "pyproject.toml" in found and "bot/settings.py" in found
    return found


def hits(files: dict[str, str], pattern: re.Pattern[str], but: frozenset[str] = frozenset()) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in files.items()
        if name not in but
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


# Written in pieces, since this file is committed too.
REGISTRIES = re.compile(
    "|".join(
        host.replace(" ", r"\.")
        for host in ("pypi org", "pythonhosted org", "npmjs (org|com)", "yarnpkg com", "proxy golang org", "pypi python org")
    )
)
MACHINE = re.compile(
    r"(^|[^A-Za-z0-9_.*-])/(" + "|".join(("wor" + "k", "far" + "m", "home", "Users", "roo" + "t", "opt/py" + "pi")) + r")/[A-Za-z.]"
)
UNDONE = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b(?!X)")


def test_no_registry_is_named(files: dict[str, str]) -> None:
    """Mutation: committing uv.lock, or a lock that was made with addresses."""
    assert not hits(files, REGISTRIES)
    assert "uv.lock" not in files
    assert not hits(
        {name: text for name, text in files.items() if name.endswith(".lock") or "requirements-" in name}, re.compile("://")
    )


def test_no_path_of_a_machine(files: dict[str, str]) -> None:
    """Mutation: an absolute path of whoever wrote it."""
    assert not hits(files, MACHINE)


def test_nothing_is_left_undone(files: dict[str, str]) -> None:
    """Mutation: a note to oneself in the code."""
    assert not hits({name: text for name, text in files.items() if name.endswith((".py", ".js", ".html", ".css", ".sh"))}, UNDONE)


def test_the_settings_page_is_true() -> None:
    """Mutation: a setting that is added, removed or changed without its page."""
    code = "import sys; sys.path.insert(0, 'scripts'); from settings_page import page; sys.stdout.write(page())"
    written = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    ).stdout
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == written, "run python scripts/settings_page.py"


def test_every_setting_has_a_meaning() -> None:
    """Mutation: a field without a description."""
    from bot.settings import Settings  # noqa: PLC0415

    assert not [name for name, field in Settings.model_fields.items() if not field.description]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.M)) == {
        name.upper() for name in Settings.model_fields
    }


@pytest.mark.requirement("P-8")
def test_the_notices_name_the_sources() -> None:
    """Mutation: shipping a source's data without its name and licence."""
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for word in ("GeoNames", "CC BY 4.0", "OpenStreetMap", "ODbL", "HSDS", "CC BY-SA 4.0", "libphonenumber", "CLDR"):
        assert word in notice
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
