"""What people write into a document: a row for each text, and how one becomes a statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from django.conf import settings
from django.db import models

from common.documents.parts import MOST_TEXT, Statement
from common.errors import FieldError, Invalid
from common.models import UUIDModel
from common.names import unseen_character
from common.texts import nfc


class Asked(NamedTuple):
    """A text that only a person can write: its name in the API, its heading, what to write."""

    field: str
    title: str
    ask: str


class DocumentText(UUIDModel):
    """A text of a person's about a version; the subclass says of what. Never an empty one."""

    field = models.CharField(max_length=40)
    text = models.TextField(max_length=MOST_TEXT)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        abstract = True

    @classmethod
    def by_field(cls, rows: Iterable[Self]) -> dict[str, Self]:
        """Return rows by their field; of several of one field the first."""
        found: dict[str, Self] = {}
        for row in rows:
            found.setdefault(row.field, row)
        return found


@dataclass(frozen=True)
class Texts:
    """The texts of a version, and those of earlier ones with the names of these."""

    own: Mapping[str, DocumentText]
    earlier: Mapping[str, DocumentText]
    names: Mapping[str, str]

    def said(self, asked: Asked) -> Statement:
        """Return the version's own text, else the latest of an earlier version as a proposal."""
        row = self.own.get(asked.field)
        carried_from = ""
        if row is None and (row := self.earlier.get(asked.field)) is not None:
            carried_from = self.names[asked.field]
        if row is None:
            return Statement(*asked)
        by = row.written_by.get_username() if row.written_by else "a person who has left"
        return Statement(*asked, row.text, by, row.written_at, carried_from)


def checked_text(field: str, text: str) -> str:
    """Return the text as it is kept: lines end with a line feed; raises `Invalid`."""
    text = nfc(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    unseen = unseen_character(text.replace("\n", " ").replace("\t", " "))
    if unseen is not None:
        raise _invalid(
            field, f"A text holds only characters that can be seen; this has U+{ord(unseen):04X}."
        )
    if len(text) > MOST_TEXT:
        raise _invalid(
            field, f"A text may have up to {MOST_TEXT:,} characters; received {len(text):,}."
        )
    return text


def require_asked(fields: Iterable[str], asked: Iterable[Asked]) -> None:
    """Raise `Invalid` for a field that is not asked for, naming those that are."""
    known = [each.field for each in asked]
    for field in fields:
        if field not in known:
            raise _invalid(field, f"A text may be {', '.join(known)}; received {field[:40]!r}.")


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field[:40]}", "invalid", detail)])
