"""Keep what people write into a document."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from common.documents.texts import DocumentText, checked_text


def write_texts(
    rows: type[DocumentText], of: Mapping[str, Any], texts: Mapping[str, str], user: Any
) -> list[str]:
    """Set the texts of a version (`of`: the row's field and the version); return those changed.

    An empty one is taken away. In the caller's transaction, who has checked the fields and holds
    what others would write at the same time. Raises `Invalid` for a text that cannot be kept.
    """
    wanted = {field: checked_text(field, text) for field, text in texts.items()}
    manager = rows._default_manager
    there = dict(manager.filter(**of, field__in=wanted).values_list("field", "text"))
    changed = [field for field, text in wanted.items() if there.get(field, "") != text]
    for field in changed:
        if not wanted[field]:
            manager.filter(**of, field=field).delete()
            continue
        values = {"text": wanted[field], "written_by": user, "written_at": timezone.now()}
        manager.update_or_create(**of, field=field, defaults=values)
    return changed
