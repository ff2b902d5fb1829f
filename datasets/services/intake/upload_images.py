"""Images that come one by one or a few at a time, without an archive."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.quotas import Quota
from accounts.services import audit
from accounts.services.quotas import require_room
from common.errors import Conflict, FieldError, Invalid
from datasets.archive.names import clean_class_name, printable_label
from datasets.decoding.budget import decoder_for
from datasets.decoding.decoder import Decoder, Places
from datasets.models import Dataset, Duplicates
from datasets.policies import require_editable
from datasets.services import listeners
from datasets.services.intake.add_images import NewImage, add_images
from datasets.services.intake.adopt_files import adopt_files, discard_files
from datasets.services.quality.check_quality import start_quality_check
from storage import durable, scratch

MAX_FILES = 64
JOURNAL = "contents.json"


@dataclass(frozen=True)
class Uploaded:
    """What became of one file: 201 (added), 200 (already there) or 422 (rejected, with a code)."""

    name: str
    status: int
    id: uuid.UUID | None = None
    code: str = ""
    detail: str = ""


def upload_images(
    *, user: User, dataset: Dataset, files: Sequence[UploadedFile], class_name: str = ""
) -> list[Uploaded]:
    """Check up to 64 files in a bounded process and add those that are images.

    An empty `class_name` leaves them unlabelled; a new one is made. Raises `Invalid`, `InTrash`,
    `NotFound`, `Forbidden`, `QuotaExceeded` or `DecodersBusy`, and then leaves nothing behind.
    """
    require_editable(user=user, dataset=dataset)
    if not 1 <= len(files) <= MAX_FILES:
        detail = f"Send 1 to {MAX_FILES} images at once; received {len(files)}."
        raise Invalid(detail, errors=[FieldError("/images", "out_of_range", detail)])
    class_name = _checked_class(class_name)
    require_room(organization=dataset.organization, quotas=(Quota.IMAGES, Quota.BYTES))
    with scratch.request_dir() as folder:
        try:
            with decoder_for(user):
                answers = _decode(files, folder)
            # The sweep reads this when it finds the folder after a crash.
            (folder / JOURNAL).write_text(json.dumps(_contents(answers)))
            return _add(user, dataset, files, answers, class_name, folder / "staged")
        except BaseException:
            discard_journal(folder)
            raise


def discard_journal(folder: Path) -> None:
    """Remove from the store what this folder's upload put there and no row came to need."""
    journal = folder / JOURNAL
    if journal.is_file():
        discard_files(json.loads(journal.read_text()))


def _contents(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["sha256"] for answer in answers if "sha256" in answer]


def _checked_class(class_name: str) -> str:
    try:
        return clean_class_name(class_name) if class_name.strip() else ""
    except ValueError as error:
        raise Invalid(
            str(error), errors=[FieldError("/class_name", "invalid", str(error))]
        ) from None


def _decode(files: Sequence[UploadedFile], folder: Path) -> list[dict[str, Any]]:
    limit = settings.IMAGE_MAX_BYTES
    answers: list[dict[str, Any]] = [
        {
            "code": "file_too_large",
            "detail": f"An image file may have {limit:,} bytes; this one has {file.size:,}.",
        }
        if (file.size or 0) > limit
        else {}
        for file in files
    ]
    accepted = [number for number, answer in enumerate(answers) if not answer]
    paths = []
    for number in accepted:
        path = folder / str(number)
        with path.open("wb") as stream:
            stream.writelines(files[number].chunks())
        paths.append(path)
    places = Places(folder / "staged", durable.known_folder(), settings.IMAGE_MAX_PIXELS)
    with Decoder(places) as decoder:
        for number, answer in zip(accepted, decoder.decode_files(paths), strict=True):
            answers[number] = answer
    return answers


@transaction.atomic
def _add(
    user: User,
    dataset: Dataset,
    files: Sequence[UploadedFile],
    answers: list[dict[str, Any]],
    class_name: str,
    staged: Path,
) -> list[Uploaded]:
    images = [
        NewImage(name=printable_label(file.name or "", "image"), class_name=class_name, **answer)
        for file, answer in zip(files, answers, strict=True)
        if "sha256" in answer
    ]
    outcomes = iter(add_images(dataset=dataset, images=images, duplicates=Duplicates.SKIP).outcomes)
    if adopt_files([staged], images):
        raise Conflict("Files were removed while these came in. Send them again.")
    results = []
    for file, answer in zip(files, answers, strict=True):
        name = printable_label(file.name or "", "image")
        if "sha256" in answer:
            image_id, is_new = next(outcomes)
            results.append(Uploaded(name, 201 if is_new else 200, image_id))
        else:
            results.append(Uploaded(name, 422, code=answer["code"], detail=answer["detail"]))
    if any(result.status == 201 for result in results):
        start_quality_check(user=user, dataset=dataset)
        listeners.images_added.announce(user=user, dataset=dataset)
    audit.record(
        actor=user,
        action="image.upload",
        target=dataset,
        images=sum(result.status == 201 for result in results),
    )
    return results
