"""What a stranger's machine may lack is named in one sentence, and the first commands exist."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of the set-up, without any environment."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "set_up.sh", tmp_path / "scripts")
    for lock in [*ROOT.glob("requirements*.lock"), ROOT / "pyproject.toml"]:
        shutil.copy(lock, tmp_path)
    return tmp_path


def python(folder: Path, script: str) -> str:
    path = folder / "a_python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def set_up(clone: Path, part: str = "runtime", **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(clone / "scripts" / "set_up.sh"), part]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("exit 1", "Python 3.11 or newer is needed"),
        ('case "$*" in *ensurepip*) exit 1;; esac; exit 0', "venv module is missing"),
        ('case "$*" in *"-m venv"*) exit 1;; esac; echo Python 3.11', "could not make .venv"),
    ],
    ids=["old", "no venv", "venv fails"],
)
def test_what_is_missing_is_named(clone: Path, script: str, named: str) -> None:
    """Mutation: going on without the check, so that a traceback of pip is all that people see."""
    ran = set_up(clone, PYTHON=python(clone, script))
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert named in last and last.endswith((".", ")."))


def test_a_broken_environment_is_named(clone: Path) -> None:
    """Mutation: using whatever lies in .venv."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(python(clone, "exit 1"), clone / ".venv" / "bin" / "python")
    ran = set_up(clone)
    assert (
        ran.returncode == 1
        and ran.stderr.strip() == ".venv is broken or made with a Python older than 3.11: remove it and try again."
    )


def test_an_unknown_part_is_named(clone: Path) -> None:
    """Mutation: treating it as the runtime."""
    ran = set_up(clone, "everything")
    assert ran.returncode == 1 and "not 'everything'" in ran.stderr


@pytest.mark.parametrize("fails", [False, True], ids=["built", "build fails"])
def test_what_building_leaves_behind_is_taken_away(clone: Path, fails: bool) -> None:
    """Builders of libraries leave locks in the folder for temporary files. Mutation: handing them the machine's own."""
    (clone / ".venv" / "bin").mkdir(parents=True)
    (temporary := clone / "temporary").mkdir()
    build = f'case "$*" in *"pip install"*) touch "$TMPDIR/left.lock"; echo "$TMPDIR" >> built; exit {int(fails)};; esac'
    shutil.copy(python(clone, build), clone / ".venv" / "bin" / "python")
    ran = set_up(clone, TMPDIR=str(temporary))
    assert (clone / "built").read_text(encoding="utf-8").strip().startswith(str(temporary))
    assert ran.returncode == int(fails) and not list(temporary.iterdir())


@pytest.mark.parametrize("target", ["demo", "test", "requirements", "bench", "check", "lock"])
def test_the_commands_exist(target: str) -> None:
    """Mutation: renaming a target that the README names."""
    ran = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and ran.stdout.strip()


def test_the_processes_of_a_deployment() -> None:
    """Mutation: a process without its command."""
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())
    assert procfile == {"web": "python -m bot serve", "worker": "python -m bot work", "release": "python -m bot migrate"}
