"""Keep what people write into a document."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.documents.texts import DocumentText, checked_text
from common.errors import Conflict, FieldError, Invalid, pointer_part

_SHOWN = 500


class ChangedMeanwhile(Conflict):
    """Another person has written since (409)."""

    code = "changed_meanwhile"


def write_texts(
    rows: type[DocumentText],
    of: Mapping[str, Any],
    texts: Mapping[str, str],
    user: Any,
    seen: Mapping[str, str] | None = None,
) -> list[str]:
    """Set the texts of a version (`of`: the row's field and the version); return those changed.

    An empty one is taken away. `seen` says of fields when the text that the writer has seen was
    written (`Statement.seen`). In the caller's transaction, who has checked the fields and holds
    what others would write at the same time. Raises `Invalid` for a text that cannot be kept,
    `ChangedMeanwhile` for one that another person has written since.
    """
    wanted = {field: checked_text(field, text) for field, text in texts.items()}
    manager = rows._default_manager
    if seen:
        _require_seen(
            manager.filter(**of, field__in=seen).select_related("written_by"), wanted, seen
        )
    there = dict(manager.filter(**of, field__in=wanted).values_list("field", "text"))
    changed = [field for field, text in wanted.items() if there.get(field, "") != text]
    for field in changed:
        if not wanted[field]:
            manager.filter(**of, field=field).delete()
            continue
        values = {"text": wanted[field], "written_by": user, "written_at": timezone.now()}
        manager.update_or_create(**of, field=field, defaults=values)
    return changed


def write_posted(posted: Mapping[str, str], write: Callable[..., None]) -> dict[str, str]:
    """Keep the text that a page's form posted (`field`, `text`, `seen`); return what is faulty.

    `write` takes `texts` and `seen`. Nothing is faulty in an empty answer; else it has the field,
    the text as it was posted, and the `detail` for the person.
    """
    field, text = posted.get("field", ""), posted.get("text", "")
    seen = {field: posted["seen"]} if "seen" in posted else None
    try:
        write(texts={field: text}, seen=seen)
    except (ChangedMeanwhile, Invalid) as error:
        return {"field": field, "text": text, "detail": f"{error.detail} {error.hint}".strip()}
    return {}


def _require_seen(
    rows: Iterable[DocumentText], wanted: Mapping[str, str], seen: Mapping[str, str]
) -> None:
    """Raise `ChangedMeanwhile` where a text is not the one that was seen, with the one there is."""
    there = DocumentText.by_field(rows)
    for field, moment in seen.items():
        row = there.get(field)
        if (row.written_at if row else None) == _moment(field, moment):
            continue
        if row is None:
            raise ChangedMeanwhile(
                f"The text {field} that you saw was taken away since, so nothing was kept."
            )
        if row.text == wanted.get(field):
            continue
        who = row.written_by.get_username() if row.written_by else "Another person"
        raise ChangedMeanwhile(
            f"{who} has written another text since you read it, so yours was not kept: "
            f"“{row.text[:_SHOWN]}”",
            hint="Read it, then save yours again if it should stand.",
        )


def _moment(field: str, text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        detail = f"A time as written_at has it, or empty for no text; received {text[:40]!r}."
        pointer = f"/seen/{pointer_part(field[:40])}"
        raise Invalid(detail, errors=[FieldError(pointer, "invalid", detail)]) from None
