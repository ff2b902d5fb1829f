"""What uploads leave behind when they are given up, or when a web process is killed."""

import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from common.errors import DomainError
from datasets.models import Import, Upload
from datasets.selectors.uploads import expired_uploads
from datasets.services.intake.held_elsewhere import held_uploads
from datasets.services.intake.upload_images import discard_journal
from datasets.services.intake.uploads import remove_upload
from storage import durable, scratch
from storage.names import UPLOADS, upload_name

RESIDUE_SECONDS = 24 * 3600


def sweep_uploads() -> None:
    """Forget uploads whose time is over, and remove day-old files that belong to nothing."""
    for upload in expired_uploads():
        # One that a request is writing to now stays.
        with suppress(DomainError):
            remove_upload(upload=upload)
    earliest = time.time() - RESIDUE_SECONDS
    found = [file for file in durable.files_in(UPLOADS) if file.modified < earliest]
    keys = {file.name.removeprefix(UPLOADS) for file in found}
    for key in keys - _needed(keys):
        durable.delete(upload_name(key))
    for folder in scratch.left_behind(RESIDUE_SECONDS):
        discard_journal(folder)
        scratch.remove_tree(folder)
    # Django's own, which it removes itself unless its process dies.
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < earliest:
                path.unlink()


def _needed(keys: set[str]) -> set[str]:
    """Return those of the keys that a row still points at."""
    waiting = Import.objects.filter(upload__in=keys, job__tidied_at=None)
    return {
        *Upload.objects.filter(file__in=keys).values_list("file", flat=True),
        *waiting.values_list("upload", flat=True),
        *held_uploads(keys),
    }
