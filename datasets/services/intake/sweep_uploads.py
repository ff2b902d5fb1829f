"""What uploads leave behind when they are given up, or when a web process is killed."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from common import storage
from common.errors import DomainError
from datasets.models import Import, Upload
from datasets.selectors.uploads import expired_uploads
from datasets.services.intake.upload_images import discard_journal
from datasets.services.intake.uploads import remove_upload

RESIDUE_SECONDS = 24 * 3600


def sweep_uploads() -> None:
    """Forget uploads whose time is over, and remove day-old files that belong to nothing."""
    for upload in expired_uploads():
        # One that a request is writing to now stays.
        with suppress(DomainError):
            remove_upload(upload=upload)
    found = list(_day_old(storage.root() / "uploads", "*"))
    needed = _needed({path.name for path in found})
    for path in found:
        if path.name not in needed:
            _remove(path)
    # Django's own, which it removes itself unless its process dies.
    for path in _day_old(Path(settings.FILE_UPLOAD_TEMP_DIR), "*.upload*"):
        path.unlink(missing_ok=True)


def _day_old(folder: Path, pattern: str) -> Iterator[Path]:
    for path in folder.glob(pattern):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > RESIDUE_SECONDS:
                yield path


def _needed(names: set[str]) -> set[str]:
    """Return those of the names under media/uploads/ that a row still points at."""
    waiting = Import.objects.filter(upload__in=names, job__tidied_at=None)
    return {
        *Upload.objects.filter(file__in=names).values_list("file", flat=True),
        *waiting.values_list("upload", flat=True),
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        discard_journal(path)
        storage.remove_tree(path)
    else:
        path.unlink(missing_ok=True)
