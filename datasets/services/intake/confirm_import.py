"""Answer the question that an import stopped with, or give the import up."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.services import audit
from common.errors import Conflict, FieldError, Invalid
from datasets.archive.names import clean_class_name
from datasets.archive.readings import MOST_CLASSES
from datasets.models import Import
from datasets.policies import require_editable
from jobs.models import Status
from jobs.services.dismiss import dismiss
from jobs.services.release import release
from jobs.services.retry import go_on
from storage import durable
from storage.names import upload_name


def confirm_import(
    *,
    user: User,
    source: Import,
    layout: str,
    encoding: str = "",
    class_mapping: Mapping[str, str | None] | None = None,
) -> Import:
    """Go on with an import that waits for an answer, by a new job and without a new upload.

    `layout` and `encoding` are those of one of its readings; `encoding` may be left out where the
    readings of that layout have but one. `class_mapping` gives classes of the archive another name,
    several the same one to merge them, and None to leave a class out.
    Raises `Invalid` for what no reading has, `Conflict` when the import does not wait for an
    answer, `NotFound`, `Forbidden` or `InTrash`.
    """
    require_editable(user=user, dataset=source.dataset)
    with transaction.atomic():
        locked = _locked(source)
        _require_waiting(locked)
        reading = _chosen(locked.readings, layout, encoding)
        locked.layout, locked.encoding = layout, reading["encoding"] or ""
        locked.class_mapping = _mapping(class_mapping or {}, reading)
        locked.asks = False
        locked.job = go_on(user=user, job=locked.job)
        locked.save(update_fields=["layout", "encoding", "class_mapping", "asks", "job"])
        audit.record(
            actor=user,
            action="import.confirm",
            target=locked,
            layout=layout,
            encoding=locked.encoding,
        )
    return locked


def dismiss_import(*, user: User, source: Import) -> Import:
    """Put an import that failed, was cancelled or waits out of sight, and remove its archive.

    Doing it twice changes nothing. Raises `Conflict` for one that runs or has succeeded,
    `NotFound`, `Forbidden` or `InTrash`.
    """
    require_editable(user=user, dataset=source.dataset)
    with transaction.atomic():
        locked = _locked(source)
        if locked.job.status not in (Status.FAILED, Status.CANCELLED):
            raise Conflict(
                f"Only an import that failed can be dismissed; this one is {locked.status}.",
                code="not_failed",
            )
        if release(job=locked.job):
            if locked.job.status == Status.FAILED:
                dismiss(user=user, job=locked.job)
            Import.objects.filter(pk=locked.pk).update(dismissed_at=Now())
            audit.record(actor=user, action="import.dismiss", target=locked)
            transaction.on_commit(partial(durable.delete, upload_name(locked.upload)))
        locked.refresh_from_db(fields=["dismissed_at"])
    return locked


def _locked(source: Import) -> Import:
    rows = Import.objects.select_for_update(of=("self",))
    return rows.select_related("job", "dataset__organization").get(pk=source.pk)


def _require_waiting(locked: Import) -> None:
    if locked.dismissed_at or not locked.job.needs_answer:
        raise Conflict(
            f"This import does not wait for an answer: it is {locked.status}.", code="not_waiting"
        )
    if locked.job.tidied_at or not durable.exists(upload_name(locked.upload)):
        raise Conflict(
            "The archive was kept for an answer and has been removed since. Upload it again.",
            code="archive_gone",
        )


def _chosen(readings: list[dict[str, Any]], layout: str, encoding: str) -> dict[str, Any]:
    """Return the reading that was chosen; raises `Invalid` with what can be."""
    fitting = [reading for reading in readings if reading["layout"] == layout]
    if not fitting:
        allowed = ", ".join(dict.fromkeys(reading["layout"] for reading in readings))
        raise _invalid("layout", f"The layout may be {allowed}; received {layout[:40]}.")
    pages = [reading["encoding"] or "" for reading in fitting]
    if encoding not in pages and (encoding or len(pages) > 1):
        allowed = ", ".join(filter(None, pages)) or "left out: every name says how it is written"
        received = encoding[:40] or "none"
        raise _invalid("encoding", f"The encoding may be {allowed}; received {received}.")
    return fitting[pages.index(encoding)] if encoding else fitting[0]


def _mapping(mapping: Mapping[str, str | None], reading: dict[str, Any]) -> dict[str, str | None]:
    """Return the mapping with clean names; raises `Invalid`.

    Of more classes than a reading lists, the job looks whether those that it names are there.
    """
    known = [each["name"] for each in reading["classes"]]
    cleaned: dict[str, str | None] = {}
    for old, new in mapping.items():
        if not old:
            raise _invalid(
                "class_mapping", "It renames classes by their names; received an empty name."
            )
        if old not in known and reading["class_count"] <= MOST_CLASSES:
            allowed = ", ".join(known)[:300] or "none"
            raise _invalid(
                "class_mapping", f"The reading has the classes {allowed}; received {old[:40]}."
            )
        try:
            cleaned[old] = None if new is None else clean_class_name(new)
        except ValueError as error:
            raise _invalid("class_mapping", str(error)) from None
    left_out = [old for old, new in cleaned.items() if new is None]
    if len(left_out) == reading["class_count"] > 0 and not reading["unlabelled"]:
        raise _invalid("class_mapping", "It leaves out every class: no image would be left.")
    return cleaned


def _invalid(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field}", "invalid", detail)])
