"""Tags and a note on a version."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from classifier.models import ModelVersion, VersionNote
from classifier.registry.policies import require_editable_model
from classifier.registry.selectors.tags import tag_name
from classifier.registry.services.locked import locked_version
from common.errors import FieldError, Invalid
from common.names import require_readable, unseen_character
from common.texts import nfc

MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_NOTE = VersionNote._meta.get_field("text").max_length or 0
# What separates tags where a page takes them as one text.
SEPARATOR = ","


@transaction.atomic
def note_version(
    *,
    user: User,
    version: ModelVersion,
    tags: Sequence[str] | None = None,
    note: str | None = None,
) -> VersionNote:
    """Set what is given; a tag is kept in lower case and without blanks around it.

    Raises `NotFound`, `Forbidden`, `Invalid` (`/tags`, `/note`).
    """
    require_editable_model(user=user, model=version.model)
    # Of two at once the second sees what the first has set.
    locked_version(version)
    row, _ = VersionNote.objects.get_or_create(model_version=version)
    given: dict[str, object] = {}
    if tags is not None:
        given["tags"] = row.tags = _checked(tags)
    if note is not None:
        given["note"] = row.text = _checked_note(nfc(note.strip()))
    if given:
        row.changed_by = user
        row.save()
        audit.record(actor=user, action="model_version.note", target=version, **given)
    version.note = row
    return row


def _checked(tags: Sequence[str]) -> list[str]:
    found = sorted({_checked_tag(tag) for tag in tags})
    if len(found) > MOST_TAGS:
        raise _refused("tags", f"A version has up to {MOST_TAGS} tags; received {len(found)}.")
    return found


def _checked_tag(tag: str) -> str:
    name = tag_name(tag)
    require_readable(name, pointer="/tags")
    if not 1 <= len(name) <= LONGEST_TAG:
        raise _refused("tags", f"A tag has 1 to {LONGEST_TAG} characters; received {len(name)}.")
    if SEPARATOR in name:
        raise _refused("tags", f"A tag has no comma, which stands between tags; received {name!r}.")
    return name


def _checked_note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise _refused(
            "note", f"A note has up to {LONGEST_NOTE:,} characters; received {len(text):,}."
        )
    unseen = unseen_character(text.translate({ord(each): None for each in "\n\r\t"}))
    if unseen is not None:
        raise _refused(
            "note",
            f"A note holds only characters that can be seen; this one has U+{ord(unseen):04X}.",
        )
    return text


def _refused(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(f"/{field}", "invalid", detail)])
