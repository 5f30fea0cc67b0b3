"""The databases of tests of tickets serve here too."""

from tests.bot.tickets.conftest import engine, postgres_with_tables, sqlite_path, sqlite_with_tables, world

__all__ = ["engine", "postgres_with_tables", "sqlite_path", "sqlite_with_tables", "world"]
