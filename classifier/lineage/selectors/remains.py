"""What stays after an image is forgotten, and why: said before it is, and kept on its page."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from accounts.models import AuditEntry, Organization
from classifier.lineage.selectors.held import Held
from classifier.lineage.selectors.image_models import ImageModel, ImageModels
from datasets.models import Dataset, Image, Import

# Copies of the file that a version of the dataset, a backup or a person has taken elsewhere.
_ELSEWHERE = (
    "Copies outside of Loupe",
    "Archives and files that people have downloaded, what browsers keep, and backups of the data "
    "folder and of Postgres: Loupe cannot reach them. A backup that is restored brings the image "
    "back: forget it again then.",
)
_POSTGRES = (
    "Dead rows in Postgres",
    "The bytes of deleted rows (its vector, its fingerprint of 32×32 pixels, its name) stay in the "
    "data folder of Postgres until VACUUM FULL writes the tables again and the write-ahead log is "
    "recycled. The operator guide has the commands.",
)
_MACHINES = (
    "Caches of other machines",
    "Each machine clears its own before its next job; who runs this Loupe does it at "
    "once by manage.py clear_forgotten.",
)
_OTHERS = (
    "What other organizations have",
    "If another organization of this Loupe has the same file, also in a copy of a dataset that was "
    "shared with it, that one is theirs and stays theirs. So are the weights of models that it "
    "trained on a dataset shared with it, and copies of your models, also of those that hold "
    "single images.",
)
_HASHED = (
    "Its hash here",
    "This entry keeps the hash, so that machines which were off can clear their caches, and that "
    "the page of a file that comes again can say that it was forgotten. A hash shows nothing of an "
    "image; who has the same file can tell that it was here.",
)
_LOGS = (
    "Its name in logs",
    "Logs of jobs that could not read it may have its file name, as long as their job is there; "
    "answers that are kept for repeated requests do for a day.",
)
_PREDICTIONS = (
    "Answers about other files of the same picture",
    "Predictions are found by the hash of what was sent, and those whose image is kept by the hash "
    "of that, without metadata. One that was asked with the camera's metadata still inside, and "
    "whose image is not kept, has another hash.",
)


@dataclass(frozen=True)
class Remains:
    """One thing that stays: what it is, why, and which models or versions it is about.

    `always`: it holds of every image, whatever was made of it.
    """

    what: str
    why: str
    models: Sequence[ImageModel] = ()
    versions: Sequence[Held] = ()
    others: Sequence[str] = ()
    always: bool = False


def remains_of(
    organization: Organization,
    image_ids: Collection[uuid.UUID],
    found: ImageModels,
    elsewhere: Sequence[Dataset],
) -> list[Remains]:
    """Return what stays of a content: `elsewhere` are datasets of the organization that keep it."""
    remains = []
    if learned := found.learned:
        remains.append(
            Remains(
                "The weights of models that learned from it",
                "A weight is a sum over all images: one cannot be taken out. Delete the model, or "
                "train again: the image is left out from now on.",
                models=learned,
            )
        )
    if keeping := [each for each in learned if each.keeps]:
        remains.append(
            Remains(
                "Models that hold single training images",
                "Their files contain numbers computed of this image itself. Train again and delete "
                "these versions with their model to be rid of them.",
                models=keeping,
            )
        )
    if found.tuned or found.measured:
        remains.append(
            Remains(
                "Figures and thresholds",
                "Reports, temperatures and thresholds stay as they were measured: sums over all "
                "images. The answer to this image is taken out of what they list.",
                models=[*found.tuned, *found.measured],
            )
        )
    if found.held:
        remains.append(
            Remains(
                "Hash, class and split in frozen versions",
                "A version's digest is told from them, so that it can still be checked. Name and "
                "metadata go, and nothing else of the image is left there.",
                versions=found.held,
            )
        )
    if elsewhere:
        remains.append(
            Remains(
                "The image in other datasets",
                "These keep it, also where it is in their trash, with its file, vectors and "
                "predictions: they were not chosen.",
                others=[each.name for each in elsewhere],
            )
        )
    return [*remains, *_waiting(organization), *_audited(image_ids), *_always()]


def _waiting(organization: Organization) -> list[Remains]:
    rows = Import.objects.filter(
        dataset__organization=organization, job__tidied_at=None, job__released_at=None
    )
    names = list(rows.order_by("created_at").values_list("archive_name", flat=True)[:20])
    if not names:
        return []
    return [
        Remains(
            "Archives of imports that wait, run or can be retried",
            "Loupe does not look into them, or into what was decoded of them, for the image. They "
            "go when their import is answered, dismissed or over; unfinished uploads go in a day.",
            others=names,
        )
    ]


def _audited(image_ids: Collection[uuid.UUID]) -> list[Remains]:
    rows = AuditEntry.objects.filter(
        object_type="datasets.image",
        object_id__in=[str(pk) for pk in image_ids],
        detail__has_key="name",
    )
    if not (count := rows.count()):
        return []
    entry = "1 earlier entry names" if count == 1 else f"{count:,} earlier entries name"
    return [
        Remains(
            "Entries of the audit log",
            f"The log is never changed: {entry} the image by its file name.",
        )
    ]


def _always() -> list[Remains]:
    said = (_HASHED, _LOGS, _PREDICTIONS, _OTHERS, _MACHINES, _POSTGRES, _ELSEWHERE)
    return [Remains(what, why, always=True) for what, why in said]


def keepers(images: Collection[Image]) -> list[Dataset]:
    """Return the datasets of these images that still have their file."""
    return list({image.dataset: None for image in images if image.forgetting_id is None})
