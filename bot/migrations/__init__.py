"""Alembic migrations, numbered. Run by ``bot.db.migrate``; no ``alembic.ini`` is needed."""
