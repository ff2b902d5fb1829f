"""What a backup says of itself. It is written last: a backup without it is a half one."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from backup.errors import Refused

FORMAT = 1
# Why a gap is none of the backup's own.
KEPT = "kept"


class FileLine(NamedTuple):
    """A durable file in a backup; `modified` as the store said, 0 where it was not asked."""

    name: str
    sha256: str
    bytes: int
    modified: float


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one table: a COPY in text, packed by gzip, with the hash of that file."""

    columns: list[str]
    rows: int
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A file that rows of this backup name and that is not in it as they say.

    `why` is `deleted` or `changed` (people or chores did it while the backup was made), `lost` (the
    store has it no longer), `damaged` (its content there is not what its name or its row
    says) or `kept` (the same, and this backup has it from an earlier one).
    """

    name: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One whole backup. `sequences` are the last numbers given; None: none yet.

    `migrations` are those that the database had, [app, name] each. `key_mark` tells whether a
    SECRET_KEY is the one that the secrets in the rows are encrypted with, and not what it is.
    """

    loupe: str
    began_at: str
    ended_at: str
    key_mark: str
    migrations: list[list[str]]
    tables: dict[str, Table]
    sequences: dict[str, int | None]
    files: int
    file_bytes: int
    files_sha256: str
    gaps: list[Gap] = field(default_factory=list)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """How many rows there are in all tables together."""
        return sum(table.rows for table in self.tables.values())

    @property
    def damage(self) -> list[Gap]:
        """What was lost or damaged in the store before the backup began."""
        return [gap for gap in self.gaps if gap.why in ("lost", "damaged", KEPT)]

    @property
    def lacking(self) -> list[Gap]:
        """The gaps of the backup itself."""
        return [gap for gap in self.gaps if gap.why != KEPT]

    def text(self) -> str:
        """Return it as JSON, with a hash of its own."""
        content = asdict(self)
        return json.dumps({"manifest": content, "sha256": _digest(content)}, indent=1)


def read_manifest(path: Path) -> Manifest:
    """Return what is written there; raises `Refused` for what is damaged or from a later Loupe."""
    try:
        document = json.loads(path.read_text())
        content = document["manifest"]
        if document["sha256"] != _digest(content):
            raise ValueError("another hash")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path} is damaged: {error}.") from error
    if content["format"] != FORMAT:
        raise Refused(
            f"{path} has the format {content['format']}; this Loupe reads {FORMAT}. "
            "Restore it with the Loupe that made it."
        )
    tables = {name: Table(**table) for name, table in content["tables"].items()}
    gaps = [Gap(**gap) for gap in content["gaps"]]
    return Manifest(**{**content, "tables": tables, "gaps": gaps})


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
