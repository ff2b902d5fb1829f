"""Folders of this machine for work in progress and for what can be made again.

    jobs/<job>/<fence>/           what one attempt of a job wrote
    jobs/<job>/<fence>.tmp/       what libraries put where temporary files go; gone with its process
    jobs/<job>/checkpoint/        where its next attempt goes on
    requests/<random>/            what one request or step stages; gone at its end
    vectors/<dataset>/            vectors to search, derived from rows
    backbones/                    networks that compute vectors, derived from weights
    rules/                        what decides on answers, derived from rows
    measured/                     what is fast on this kind of machine
    built-in/<model version>/     a built-in model in the making, and its lock
    pixels/<boot>/                decoded pixels, with a cap of their own
    decoders/                     locks: the places of decoding processes
    gpus/                         locks: the GPUs that jobs hold
    copies/                       of durable files, where those lie on another machine; by name,
                                  of models by content
    collected/                    uploads that come in by and by, to be kept on another machine

All below `LOUPE_SCRATCH_DIR`. Where machines share it, an attempt goes on where another machine's
ended; where they do not, a training goes on from its newest checkpoint in the store of durable
files, and other work begins again.
"""

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

_TEMPORARY = ".tmp"


def _root() -> Path:
    return Path(settings.SCRATCH_DIR)


def jobs_dir() -> Path:
    """Return the folder that has one of each job with files, named by its id."""
    return _root() / "jobs"


def job_dir(job_id: uuid.UUID | str) -> Path:
    """Return the folder of all attempts of a job."""
    return jobs_dir() / str(job_id)


def attempt_dir(job_id: uuid.UUID | str, fence: int) -> Path:
    """Return the folder of one attempt of a job; a fence is never used twice."""
    return job_dir(job_id) / str(fence)


def temporary_dir(job_id: uuid.UUID | str, fence: int) -> Path:
    """Return the folder for temporary files of one attempt of a job and all that it starts."""
    return job_dir(job_id) / f"{fence}{_TEMPORARY}"


def temporary_dirs(job_id: uuid.UUID | str) -> list[Path]:
    """Return those folders of a job that are there."""
    return list(job_dir(job_id).glob(f"*{_TEMPORARY}"))


def checkpoint_dir(lineage: uuid.UUID | str) -> Path:
    """Return the folder of checkpoints that the attempts and retries of one job share."""
    return job_dir(lineage) / "checkpoint"


def vectors_dir(dataset_id: uuid.UUID | str) -> Path:
    """Return the folder of what is derived from a dataset's vectors; it can be made again."""
    return _root() / "vectors" / str(dataset_id)


def backbones_dir() -> Path:
    """Return the folder of the networks that compute vectors; they can be made again."""
    return _root() / "backbones"


def rules_dir() -> Path:
    """Return the folder of the rules that decide on answers; they can be written again."""
    return _root() / "rules"


def measured_dir() -> Path:
    """Return the folder of what was measured of this kind of machine; it can be measured again."""
    return _root() / "measured"


def built_in_dir(model_version_id: uuid.UUID | str) -> Path:
    """Return the folder in which a built-in model is made before it is kept."""
    return _root() / "built-in" / str(model_version_id)


def pixels_dir() -> Path:
    """Return the folder of decoded pixels; they can be made again."""
    return _root() / "pixels"


def decoders_dir() -> Path:
    """Return the folder of the locks that decoding processes of requests hold."""
    return _root() / "decoders"


def gpus_dir() -> Path:
    """Return the folder of the locks that say which job holds which GPU of this machine."""
    return _root() / "gpus"


def copies_dir() -> Path:
    """Return the folder of copies of durable files that lie on another machine."""
    return _root() / "copies"


def collected_dir() -> Path:
    """Return the folder of uploads that are put together here, to be kept on another machine."""
    return _root() / "collected"


def empty_dir() -> Path:
    """Return a folder that nothing is ever put into; it need not be there."""
    return _root() / "empty"


@contextmanager
def request_dir() -> Iterator[Path]:
    """Make a folder for what one request or one step stages, and remove it at the end."""
    parent = _root() / "requests"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def left_behind(seconds: float) -> Iterator[Path]:
    """Yield the folders of requests that a killed process left longer ago than this."""
    for path in (_root() / "requests").glob("*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > seconds:
                yield path


def remove_tree(path: Path) -> None:
    """Remove a folder of ours and what it holds; absent is fine."""
    if _root().resolve() not in path.resolve().parents:
        raise ValueError(f"{path} is outside the scratch folder")
    shutil.rmtree(path, ignore_errors=True)
