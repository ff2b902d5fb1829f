"""Files that Loupe keeps, under `LOUPE_DATA_DIR/media`. Every name in it is ours.

    blobs/ab/<sha256>             image files without their metadata, one per content
    thumbnails/ab/<sha256>.webp
    uploads/<uuid>                archives on their way in
    jobs/<job>/<fence>/           what one attempt of a job wrote
    jobs/<job>/checkpoint/        where its next attempt goes on
    models/<model version>/       registered model files
    runs/<training run>/          sample images as its network sees them
    vectors/<dataset>/            vectors to search, derived from rows
    backbones/                    networks that compute vectors, derived from weights
    decoders/                     locks: the places of decoding processes, by machine
    gpus/                         locks: the GPUs that jobs hold, by machine

A file appears under its final name only when it is whole: it is written beside it, synced, renamed.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def root() -> Path:
    """Return the folder that holds everything below."""
    return Path(settings.STORAGE_DIR)


def blob_path(sha256: str) -> Path:
    """Return where the content with this hex digest lies, whether or not it is there."""
    return root() / "blobs" / sha256[:2] / sha256


def thumbnail_path(sha256: str) -> Path:
    """Return where the thumbnail of the image with this hex digest lies."""
    return root() / "thumbnails" / sha256[:2] / f"{sha256}.webp"


def job_dir(job_id: uuid.UUID | str, fence: int) -> Path:
    """Return the folder of one attempt of a job; a fence is never used twice."""
    return root() / "jobs" / str(job_id) / str(fence)


def checkpoint_dir(lineage: uuid.UUID | str) -> Path:
    """Return the folder of checkpoints that the attempts and retries of one job share."""
    return root() / "jobs" / str(lineage) / "checkpoint"


def model_dir(model_version_id: uuid.UUID | str) -> Path:
    """Return the folder of a registered model version's files."""
    return root() / "models" / str(model_version_id)


def run_dir(training_run_id: uuid.UUID | str) -> Path:
    """Return the folder of the pictures that a training run shows of its images."""
    return root() / "runs" / str(training_run_id)


def vectors_dir(dataset_id: uuid.UUID | str) -> Path:
    """Return the folder of what is derived from a dataset's vectors; it can be made again."""
    return root() / "vectors" / str(dataset_id)


def gpus_dir() -> Path:
    """Return the folder of the locks that say which job holds which GPU of a machine."""
    return root() / "gpus"


def write_atomically(path: Path, blocks: Iterable[bytes], *, durable: bool = True) -> str:
    """Write `blocks` so that `path` is whole or absent, and return the SHA-256 of the content.

    `durable=False` skips the sync, for files that can be made again (thumbnails).
    Raises `OSError` (for instance `ENOSPC`) and then leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    digest = hashlib.sha256()
    try:
        with temporary.open("xb") as stream:
            for block in blocks:
                digest.update(block)
                stream.write(block)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def new_upload(blocks: Iterable[bytes]) -> tuple[Path, str]:
    """Stream an upload to disk; return its path and the SHA-256 of its content."""
    path = root() / "uploads" / uuid.uuid4().hex
    return path, write_atomically(path, blocks)


def remove_tree(path: Path) -> None:
    """Remove a folder of ours and what it holds; absent is fine."""
    if root() not in path.resolve().parents:
        raise ValueError(f"{path} is outside the storage folder")
    shutil.rmtree(path, ignore_errors=True)
