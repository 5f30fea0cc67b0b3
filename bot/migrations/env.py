"""Alembic's environment: migrations run on the connection that ``bot.db.migrate`` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from bot.db import Table, know_all_tables


def plain_types(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Column types as the database has them: a migration must not change when a class of the program does."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


know_all_tables()
connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Migrations are run with `python -m bot migrate`, which opens the database.")

context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    compare_server_default=True,
    render_item=plain_types,
)
with context.begin_transaction():
    context.run_migrations()
