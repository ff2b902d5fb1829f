"""A document as the API shows it: the same parts, with the numbers beside their texts."""

from typing import Any

from rest_framework import serializers

from common.documents.parts import (
    Cell,
    Document,
    Elsewhere,
    Facts,
    Figure,
    Items,
    Part,
    Statement,
    Table,
    Words,
    text_of,
)

_KINDS = [each.kind for each in (Words, Facts, Items, Table, Statement, Elsewhere)]


class CellSerializer(serializers.Serializer):
    text = serializers.CharField(help_text="As people read it.")
    value = serializers.FloatField(
        allow_null=True, help_text="The number itself, shares from 0 to 1; null for words."
    )


class FactSerializer(CellSerializer):
    name = serializers.CharField()


class StatementSerializer(serializers.Serializer):
    field = serializers.CharField(
        allow_null=True, help_text="The name for PATCH; null where it is filled in elsewhere."
    )
    title = serializers.CharField()
    ask = serializers.CharField(help_text="What a person is to write.")
    text = serializers.CharField(help_text="Empty: to be filled in by a person.")
    gap = serializers.BooleanField(
        help_text="Whether a person has yet to say it, or to confirm what is carried over."
    )
    written_by = serializers.CharField(help_text="Empty where Loupe says it, and in a gap.")
    written_at = serializers.DateTimeField(allow_null=True)
    carried_over_from = serializers.CharField(
        help_text="The earlier version whose text is proposed; empty for one of its own."
    )
    url = serializers.CharField(help_text="Where it is filled in, if elsewhere.")


class PartSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=_KINDS, help_text="Which of the others has content.")
    title = serializers.CharField(help_text="Of a table.")
    text = serializers.CharField(help_text="Of words.")
    warning = serializers.BooleanField(help_text="Of words that are to be seen.")
    facts = FactSerializer(many=True)
    items = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=CellSerializer(many=True))
    statement = StatementSerializer(allow_null=True)


class SectionSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Stable, for programs.")
    title = serializers.CharField()
    parts = PartSerializer(many=True)


class DocumentSerializer(serializers.Serializer):
    """Facts are computed when asked; what people wrote belongs to this version."""

    kind = serializers.CharField()
    ids = serializers.DictField(child=serializers.CharField(), help_text="Which version it is of.")
    title = serializers.CharField()
    about = serializers.CharField()
    notice = serializers.CharField(help_text="What a reader must know; mostly empty.")
    made_at = serializers.DateTimeField(help_text="When the facts were read.")
    gaps_left = serializers.IntegerField(help_text="What a person has yet to say or confirm.")
    gaps = StatementSerializer(many=True)
    sections = SectionSerializer(many=True)


def as_json(document: Document) -> dict[str, Any]:
    """Return the document as `DocumentSerializer` shows it."""
    gaps = document.gaps
    content = {
        "kind": document.kind,
        "ids": document.ids,
        "title": document.title,
        "about": document.about,
        "notice": document.notice,
        "made_at": document.made_at,
        "gaps_left": len(gaps),
        "gaps": [_statement(each) for each in gaps],
        "sections": [
            {"key": each.key, "title": each.title, "parts": [_part(part) for part in each.parts]}
            for each in document.sections
        ],
    }
    return DocumentSerializer(content).data


def _part(part: Part) -> dict[str, Any]:
    facts = part.rows if isinstance(part, Facts) else ()
    table = part if isinstance(part, Table) else None
    said = isinstance(part, Statement | Elsewhere)
    return {
        "kind": part.kind,
        "title": table.title if table else "",
        "text": part.text if isinstance(part, Words) else "",
        "warning": isinstance(part, Words) and part.warning,
        "facts": [{"name": label, **_cell(cell)} for label, cell in facts],
        "items": part.items if isinstance(part, Items) else (),
        "columns": table.columns if table else (),
        "rows": [[_cell(cell) for cell in row] for row in table.rows] if table else [],
        "statement": _statement(part) if said else None,
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {"text": text_of(cell), "value": cell.value if isinstance(cell, Figure) else None}


def _statement(part: Any) -> dict[str, Any]:
    if isinstance(part, Elsewhere):
        empty = {"field": None, "text": "", "written_by": "", "written_at": None}
        where = {"carried_over_from": "", "url": part.url}
        return {"title": part.title, "ask": part.ask, "gap": True, **empty, **where}
    return {
        "field": part.field,
        "title": part.title,
        "ask": part.ask,
        "text": part.text,
        "gap": part.is_gap,
        "written_by": part.by,
        "written_at": part.at,
        "carried_over_from": part.carried_from,
        "url": "",
    }
