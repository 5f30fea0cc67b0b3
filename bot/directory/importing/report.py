"""What an import did, in counts and lines that a person can act on. Every row of the file is in exactly one line.

Here belongs the report. It names rows by number and identifier, never by text that might be about a person.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from bot.directory.importing.candidate import Candidate, Channel, Held, Note, Reason

#: Rows named behind a reason, so that somebody can look at a few.
_NAMED = 5
#: A code of the source. What a map made of several columns may hold a street: such a row is named by its number alone.
_CODE = re.compile(r"(?:(?:node|way|relation)/)?(?=[^\s/]*\d)[\w.:\-]{1,40}|[0-9a-f\-]{36}")


@dataclass
class Report:
    """Counts of one file. ``read`` is always ``taken`` plus the sum of ``held``."""

    file: str
    source: str = ""
    read: int = 0
    taken: int = 0
    sensitive: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    unapproved: int = 0
    """Entries that had been approved and changed materially: they need approval again."""
    withdrawn: int = 0
    """Entries of earlier imports that this file holds back now: they are not shown any more."""
    missing: int = 0
    """Entries of earlier imports that are not in this file."""
    held: Counter[Reason] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    rows: dict[Reason, list[str]] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)
    """UUIDs of complaint channels that are new or changed: they are approved one by one."""
    error: str = ""
    """Why reading stopped before the end of the file; nothing of it was stored then."""

    def hold(self, held: Held) -> None:
        self.read += 1
        self.held[held.reason] += 1
        named = self.rows.setdefault(held.reason, [])
        if len(named) < _NAMED:
            identity = f" ({held.source_id})" if _CODE.fullmatch(held.source_id) else ""
            named.append(f"{held.row}{identity}" + (f": {held.detail}" if held.detail else ""))

    def take(self, candidate: Candidate | Channel) -> None:
        self.read += 1
        self.taken += 1
        self.sensitive += isinstance(candidate, Candidate) and candidate.sensitive

    def text(self) -> str:
        """The report, in English, for the terminal or a file."""
        lines = [
            f"{self.file}" + (f" (source {self.source})" if self.source else ""),
            f"  {self.read:,} rows read, {self.taken:,} taken, {sum(self.held.values()):,} held back",
        ]
        if self.error:
            lines.append(f"  STOPPED, nothing was stored: {self.error}")
        lines += [
            f"  held back {count:>7,}  {reason.value}; rows {', '.join(self.rows[reason])}"
            for reason, count in self.held.most_common()
        ]
        lines += [f"  note      {count:>7,}  {note.value}" for note, count in self.notes.most_common()]
        if self.taken and not self.error:
            lines.append(
                f"  {self.new:,} new, {self.updated:,} changed, {self.unchanged:,} as before; "
                "what is new is hidden until a named role approves it"
            )
        if self.channels and not self.error:
            lines += ["  complaint channels to approve one by one, with the day of their check (--verified-on):"]
            lines += [f"    {each}" for each in self.channels]
        if self.unapproved:
            lines.append(f"  {self.unapproved:,} entries changed and need approval again")
        if self.withdrawn:
            lines.append(f"  {self.withdrawn:,} entries of earlier imports are held back now and not shown any more")
        if self.missing:
            lines.append(f"  {self.missing:,} entries of earlier imports are not in this file; they stay as they are: check them")
        return "\n".join(lines)
