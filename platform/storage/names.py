"""The names of durable files. Every name is ours: hashes, ids and fixed words.

blobs/ab/<sha256>             image files without their metadata, one per content
thumbnails/ab/<sha256>.webp
uploads/<random>              archives, until their import has ended
models/<model version>/       registered model files
runs/<training run>/          sample images as its network sees them
"""

import uuid

UPLOADS = "uploads/"


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


def model_folder(model_version_id: uuid.UUID | str) -> str:
    """Return what the names of a model version's files begin with."""
    return f"models/{model_version_id}/"


def model_file_name(model_version_id: uuid.UUID | str, name: str) -> str:
    """Return the name of one of a model version's files."""
    return f"{model_folder(model_version_id)}{name}"


def run_folder(training_run_id: uuid.UUID | str) -> str:
    """Return what the names of the pictures begin with that a training run shows."""
    return f"runs/{training_run_id}/"


def run_file_name(training_run_id: uuid.UUID | str, name: str) -> str:
    """Return the name of one of a training run's pictures, or of the facts about them."""
    return f"{run_folder(training_run_id)}{name}"
