"""Where the tests' browser comes from: what is named is used, and what is missing is said in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import browser


def test_there_is_one_and_it_starts() -> None:
    path = browser.locate()
    assert Path(path).is_file()


def test_a_named_browser_is_the_only_one_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.write_text("#!/bin/sh\necho Chromium 1.2.3\n")
    named.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(named))
    assert browser.locate() == str(named)
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/browser")
    with pytest.raises(browser.NoBrowser, match="set BROWSER_PATH to one") as failure:
        browser.locate()
    assert "/nowhere/browser, and that does not start" in str(failure.value) and "apt" not in str(failure.value).split("Tried")[1]


def test_the_set_up_step_ends_with_a_sentence_and_not_with_a_traceback() -> None:
    environment = {**os.environ, "BROWSER_PATH": "/nowhere/browser"}
    done = subprocess.run([sys.executable, "-m", "tests.browser"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.startswith("the browser tests need Chromium or Chrome: install it") and done.stdout.count("\n") == 1


def test_only_root_goes_without_the_sandbox() -> None:
    assert ("--no-sandbox" in browser.flags()) == (hasattr(os, "geteuid") and os.geteuid() == 0)
