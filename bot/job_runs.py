"""When each recurring job last ended well: the only thing that the worker remembers.

Here belong the table and its two questions. Never here: a job, anything about a person who writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import Field

from bot import db


class JobRun(db.Table, table=True):
    """When a recurring job last ended well. One row a job."""

    __tablename__: ClassVar[str] = "job_run"

    name: str = Field(primary_key=True, max_length=40)
    ended_at: datetime = Field(sa_type=db.UTCDateTime, nullable=False)


async def remember(engine: AsyncEngine, name: str, ended_at: datetime) -> None:
    """Record that a job ended well."""
    async with engine.begin() as connection:
        await connection.execute(delete(JobRun).where(JobRun.name == name))  # type: ignore[arg-type]
        await connection.execute(insert(JobRun).values(name=name, ended_at=ended_at))


async def hours_since(engine: AsyncEngine, names: Iterable[str]) -> Mapping[str, float | None]:
    """Job -> hours since it last ended well; None: never."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(JobRun.name, JobRun.ended_at))).all()  # type: ignore[call-overload]
    ended = {name: at for name, at in rows}
    return {name: (db.now() - ended[name]).total_seconds() / 3600 if name in ended else None for name in names}
