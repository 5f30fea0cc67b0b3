"""A real browser for tests: found, or fetched, or else one sentence that says what to install.

Here belongs where a browser comes from and how it is started. Never here: pages, fixtures (each test package has its own).
``python -m tests.browser`` makes sure that there is one before the tests run and prints which.

In this order: ``BROWSER_PATH``; a chromium or Chrome that is installed; what an earlier run fetched; Debian's chromium through
apt, as root; the one packaged on npm (``@sparticuz/chromium``); Playwright's own download. Nothing is ever fetched while a test
waits for it in vain: each step has its time limit, and the failures of all steps are named together.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PLACES = (
    "/usr/lib/chromium/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

PATIENCE_MS = 20_000
"""How long a test waits for what it expects to see. Long, because a busy machine is no defect; below the 30 seconds after which an
open list of the desk asks anyway, so that a change that was not announced is still noticed."""
expect.set_options(timeout=PATIENCE_MS)

#: No sandbox only where there cannot be one (root); no traffic of the browser's own.
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-dev-shm-usage",
    "--metrics-recording-only",
    "--no-proxy-server",
)


class NoBrowser(RuntimeError):
    """No browser could be found or fetched; the text says what was tried and what to install."""


def flags() -> list[str]:
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, *(("--no-sandbox",) if as_root else ())]


def locate() -> str:
    """The path of a browser that starts; fetched if need be. Raises NoBrowser."""
    said: list[str] = []
    for source in (_named, _installed, _fetched_before, _from_apt, _from_npm, _from_playwright):
        try:
            path = source()
        except (OSError, subprocess.SubprocessError, NoBrowser) as problem:
            said.append(f"{source.__name__.strip('_').replace('_', ' ')}: {_short(problem)}")
            if source is _named:
                break  # whoever names a browser wants that one and no other
            continue
        if path:
            return path
    raise NoBrowser(
        "the browser tests need Chromium or Chrome: install it (on Debian and Ubuntu: apt-get install chromium), or set "
        "BROWSER_PATH to one. Tried: " + "; ".join(said)
    )


@contextlib.asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    """A browser with an empty profile of its own, which is deleted in the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=locate(), args=flags(), ignore_default_args=["--headless=old"], chromium_sandbox=False
        )
        try:
            yield browser
        finally:
            await browser.close()


# --- where one may come from -----------------------------------------------------------------------------------------


def _named() -> str:
    path = os.environ.get("BROWSER_PATH", "")
    if path and not _starts(path):
        raise NoBrowser(f"BROWSER_PATH is {path}, and that does not start")
    return path


def _installed() -> str:
    return _first([*(shutil.which(name) or "" for name in NAMES), *PLACES])


def _fetched_before() -> str:
    return _first([str(_from_npm_path()), *_playwrights_own()])


def _from_apt() -> str:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoBrowser("needs Debian or Ubuntu, and root")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], 300, env=quiet)
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], 900, env=quiet)
    return _or_fail(_installed())


def _from_npm() -> str:
    """The package carries the browser itself, compressed; its own program unpacks it."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        raise NoBrowser("needs node and npm")
    folder = _cache() / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    _run([npm, "install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), "@sparticuz/chromium"], 600)
    unpack = "import c from '@sparticuz/chromium'; console.log(await c.executablePath())"
    done = _run([node, "--input-type=module", "-e", unpack], 180, cwd=folder, env={**os.environ, "TMPDIR": str(folder)})
    shutil.move(done.stdout.strip().splitlines()[-1], _from_npm_path())
    return _or_fail(_first([str(_from_npm_path())]))


def _from_playwright() -> str:
    _run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"], 900)
    return _or_fail(_first(_playwrights_own()))


# --- helpers of the above --------------------------------------------------------------------------------------------


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "faro-browser"


def _from_npm_path() -> Path:
    return _cache() / "npm" / "chromium"


def _playwrights_own() -> list[str]:
    base = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folders = [
        Path(base) if base else None,
        Path.home() / ".cache" / "ms-playwright",
        Path.home() / "Library" / "Caches" / "ms-playwright",
        Path(os.environ.get("LOCALAPPDATA", "/nowhere")) / "ms-playwright",
    ]
    names = ("headless_shell", "chrome-headless-shell", "chrome-headless-shell.exe", "chrome")
    return sorted(
        (str(path) for folder in folders if folder for name in names for path in folder.glob(f"chromium*/*/{name}")),
        reverse=True,
    )


def _first(paths: list[str]) -> str:
    return next((path for path in paths if path and Path(path).is_file() and _starts(path)), "")


def _starts(path: str) -> bool:
    """It prints its version: so it is there, is meant for this machine, and finds its libraries."""
    if sys.platform == "win32":  # Chrome prints nothing there
        return Path(path).is_file()
    try:
        with tempfile.TemporaryDirectory(prefix="faro-browser-") as home:
            done = subprocess.run([path, "--version", f"--user-data-dir={home}"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and any(character.isdigit() for character in done.stdout.decode(errors="replace"))


def _or_fail(path: str) -> str:
    if not path:
        raise NoBrowser("it was fetched and does not start here (libraries of the system may be missing)")
    return path


def _run(
    command: list[str], seconds: int, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, timeout=seconds, check=True, capture_output=True, text=True)


def _short(problem: Exception) -> str:
    if isinstance(problem, subprocess.CalledProcessError):
        lines = (problem.stderr or problem.stdout or "").strip().splitlines()
        return f"{Path(problem.cmd[0]).name} failed" + (f" ({lines[-1][:160]})" if lines else "")
    return f"{type(problem).__name__}" if isinstance(problem, subprocess.TimeoutExpired) else str(problem)


def main(tell: Callable[[str], object] = print) -> int:
    try:
        tell(f"browser for the tests: {locate()}")
    except NoBrowser as problem:
        tell(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
