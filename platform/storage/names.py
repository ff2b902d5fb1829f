"""The names of durable files. Every name is ours: hashes, ids and fixed words.

blobs/ab/<sha256>             image files without their metadata, one per content
thumbnails/ab/<sha256>.webp
uploads/<random>              archives, until their import has ended
model_uploads/<random>        foreign models, until their import has ended
models/<model version>/       registered model files
checkpoints/<job>/            the newest of a training, where machines share no scratch
runs/<training run>/          sample images as its network sees them
kept/ab/<prediction>-<place>  images of predictions without their metadata, where they are kept
kept/ab/<prediction>-<place>.webp
"""

import re
import uuid

_BLOB = re.compile(r"blobs/[0-9a-f]{2}/([0-9a-f]{64})")
_KEPT_NAME = re.compile(r"kept/[0-9a-f]{2}/([0-9a-f-]{36})-[0-9]+(?:\.webp)?")
_RUNS = "runs/"
CHECKPOINTS = "checkpoints/"
_CHECKPOINT_NAME = re.compile(r"checkpoints/([0-9a-f-]{36})/.+")

UPLOADS = "uploads/"
MODEL_UPLOADS = "model_uploads/"
_KEPT = "kept/"
_MODELS = "models/"
_KINDS = (
    "blobs/", "thumbnails/", UPLOADS, MODEL_UPLOADS, _MODELS, _RUNS, CHECKPOINTS, _KEPT,
)  # fmt: skip


def blob_name(sha256: str) -> str:
    """Return the name of the content with this hex digest."""
    return f"blobs/{sha256[:2]}/{sha256}"


def thumbnail_name(sha256: str) -> str:
    """Return the name of the thumbnail of the image with this hex digest."""
    return f"thumbnails/{sha256[:2]}/{sha256}.webp"


def upload_name(key: str) -> str:
    """Return the name of an upload; its rows keep `key`."""
    return f"{UPLOADS}{key}"


def new_upload_key() -> str:
    """Return a key that no upload has."""
    return uuid.uuid4().hex


def model_upload_name(key: str) -> str:
    """Return the name of a foreign model that waits for its import; its row keeps `key`."""
    return f"{MODEL_UPLOADS}{key}"


def model_folder(model_version_id: uuid.UUID | str) -> str:
    """Return what the names of a model version's files begin with."""
    return f"{_MODELS}{model_version_id}/"


def model_file_name(model_version_id: uuid.UUID | str, name: str) -> str:
    """Return the name of one of a model version's files."""
    return f"{model_folder(model_version_id)}{name}"


def run_folder(training_run_id: uuid.UUID | str) -> str:
    """Return what the names of the pictures begin with that a training run shows."""
    return f"runs/{training_run_id}/"


def run_file_name(training_run_id: uuid.UUID | str, name: str) -> str:
    """Return the name of one of a training run's pictures, or of the facts about them."""
    return f"{run_folder(training_run_id)}{name}"


def checkpoint_folder(lineage: uuid.UUID | str) -> str:
    """Return what the names of a job's checkpoints begin with, where other machines go on."""
    return f"{CHECKPOINTS}{lineage}/"


def checkpoint_name(lineage: uuid.UUID | str, part: str) -> str:
    """Return the name of the newest checkpoint of one part of a job's work."""
    return f"{checkpoint_folder(lineage)}{part}.tar"


def lineage_of(name: str) -> uuid.UUID | None:
    """Return whose job `checkpoint_name` has named so; None for another name."""
    found = _CHECKPOINT_NAME.fullmatch(name)
    return uuid.UUID(found[1]) if found else None


def kept_name(prediction_id: uuid.UUID, place: int) -> str:
    """Return the name of a prediction's image; `place` counts a request's images from 0."""
    return f"{_KEPT}{prediction_id.hex[:2]}/{prediction_id}-{place}"


def kept_thumbnail_name(kept: str) -> str:
    """Return the name of the thumbnail of what `kept_name` has named."""
    return f"{kept}.webp"


def kept_folders() -> list[str]:
    """Return what the names of predictions' images begin with."""
    return [f"{_KEPT}{number:02x}/" for number in range(256)]


def prediction_of(name: str) -> uuid.UUID | None:
    """Return whose image `kept_name` has named so; None for another name."""
    found = _KEPT_NAME.fullmatch(name)
    return uuid.UUID(found[1]) if found else None


def checked(name: str) -> str:
    """Return the name; raises `ValueError` for one that leads out of the store."""
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"{name} is no name of a durable file")
    return name


def content_hash(name: str) -> str | None:
    """Return the SHA-256 that the content of this name must have; None where no name says it."""
    found = _BLOB.fullmatch(name)
    return found[1] if found else None


def keeps_its_content(name: str) -> bool:
    """Whether a name never gets another content, so that a copy of it stays true.

    A model's files may be made again: a copy of one is found by its hash, not by its name.
    """
    return not name.startswith((_RUNS, CHECKPOINTS, _MODELS))


def is_ours(name: str) -> bool:
    """Whether a file in a store is Loupe's, by the first part of its name."""
    return name.startswith(_KINDS)


def is_moved(name: str) -> bool:
    """Whether a file goes along into a backup or to another store: not what a training redoes."""
    return is_ours(name) and not name.startswith(CHECKPOINTS)


def is_written_once(name: str) -> bool:
    """Whether what lies under a name is what was first written there, as long as it is there.

    Uploads grow; of a model's folder and a run's, files are made again.
    """
    return name.startswith(("blobs/", "thumbnails/", _KEPT))


def leaves_no_copy(name: str) -> bool:
    """Whether no machine may have a copy of it left over.

    People delete such a file for ever, or another comes in its place.
    """
    return name.startswith((_KEPT, CHECKPOINTS))
