"""Writes docs/settings.md from ``bot.settings``: ``python scripts/settings_page.py``. A test compares the two."""

from __future__ import annotations

from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """# Settings

All of them, with their defaults. Each is read from the environment, or from a file `.env` where the program is started; the
environment wins. `python -m bot check` says what is missing or unsafe, and [operating.md](operating.md) explains each of its
findings. Values marked
*secret* belong in the secret store of whoever runs the deployment, never in a file that is committed or backed up with the data.

This page is written by `python scripts/settings_page.py`.

| name | takes | default | meaning |
|---|---|---|---|
"""


def page() -> str:
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name.upper()}` | {_takes(field)} | {_default(field.default)} | {(field.description or '').replace('|', '/')} |\n"


def _takes(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is UnionType:
        kind = next(part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if kind is SecretStr:
        return "*secret*"
    words = {int: "number", float: "number", bool: "`true` or `false`", str: "text"}.get(kind, "path")
    bounds = (("ge", "≥"), ("le", "≤"))
    limits = [f"{sign} {getattr(rule, key)}" for rule in field.metadata for key, sign in bounds if hasattr(rule, key)]
    return f"{words} {', '.join(limits)}".strip()


def _default(value: Any) -> str:
    shown = value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
    return f"`{shown}`" if shown else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
