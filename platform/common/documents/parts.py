"""What a document is made of: one structure that JSON, Markdown, HTML and pages are written from.

Texts are plain: each format escapes them as it needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

MOST_TEXT = 5_000


class Figure(NamedTuple):
    """A number as people read it, and itself; None where there is none."""

    text: str
    value: float | int | None = None


Cell = str | Figure


@dataclass(frozen=True)
class Words:
    """A paragraph; a warning is to be seen."""

    kind: ClassVar[str] = "words"
    text: str
    warning: bool = False


@dataclass(frozen=True)
class Facts:
    """Labels and what is so."""

    kind: ClassVar[str] = "facts"
    rows: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    kind: ClassVar[str] = "list"
    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table; every row has a cell for each column. `numeric` are the columns of numbers."""

    kind: ClassVar[str] = "table"
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[int] = frozenset()

    @property
    def aligned(self) -> list[list[tuple[Cell, bool]]]:
        """The cells, each with whether it stands to the right."""
        return [[(cell, n in self.numeric) for n, cell in enumerate(row)] for row in self.rows]

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns, as `aligned`."""
        return [(name, n in self.numeric) for n, name in enumerate(self.columns)]


@dataclass(frozen=True)
class Statement:
    """What only a person can say: its text, who wrote it when, or that it is missing.

    `carried_from` names the earlier version that the text is proposed from: until a person takes it
    over it fills no gap. `ask` says what is to be written. Empty `by` and no `at`: Loupe says it.
    """

    kind: ClassVar[str] = "statement"
    field: str
    title: str
    ask: str
    text: str = ""
    by: str = ""
    at: datetime | None = None
    carried_from: str = ""

    @property
    def is_gap(self) -> bool:
        """Whether a person has not said it of this version yet."""
        return not self.text or bool(self.carried_from)

    @property
    def seen(self) -> str:
        """Which own text of the version a reader has seen: when it was written, empty for none."""
        return self.at.isoformat() if self.at and not self.carried_from else ""

    @property
    def paragraphs(self) -> list[list[str]]:
        """The lines of each paragraph of the text."""
        blocks = self.text.replace("\r\n", "\n").split("\n\n")
        return [lines for block in blocks if (lines := [x for x in block.split("\n") if x.strip()])]


@dataclass(frozen=True)
class Elsewhere:
    """A gap that a person fills in elsewhere: `url` is the page."""

    kind: ClassVar[str] = "elsewhere"
    is_gap: ClassVar[bool] = True
    title: str
    ask: str
    url: str


Part = Words | Facts | Items | Table | Statement | Elsewhere


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    key: str
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Document:
    """A document about one version of something.

    `kind` names it for programs, `about` says in a line which version it belongs to, `ids` has what
    a program needs to find that one again.
    """

    kind: str
    title: str
    about: str
    ids: dict[str, str]
    made_at: datetime
    sections: Sequence[Section]
    notice: str = ""

    @property
    def parts(self) -> Iterator[Part]:
        """All parts in their order."""
        for section in self.sections:
            yield from section.parts

    @property
    def gaps(self) -> list[Statement | Elsewhere]:
        """What is left for a person to say."""
        return [each for each in self.parts if isinstance(each, Statement | Elsewhere)
                and each.is_gap]  # fmt: skip

    @property
    def gaps_left(self) -> str:
        """How many gaps are left, in words."""
        count = len(self.gaps)
        return "No gaps left" if not count else f"{count} gap{'' if count == 1 else 's'} left"

    @property
    def proposals(self) -> int:
        """How many of the gaps have a proposal of an earlier version."""
        return sum(isinstance(each, Statement) and bool(each.text) for each in self.gaps)

    @property
    def fields(self) -> list[str]:
        """The names of what people say in it."""
        return [each.field for each in self.statements]

    @property
    def statements(self) -> list[Statement]:
        """What people say, said or not."""
        return [part for part in self.parts if isinstance(part, Statement)]


def text_of(cell: Cell) -> str:
    """Return a cell as people read it."""
    return cell.text if isinstance(cell, Figure) else cell
