"""Archives for tests, and a way to do an import's work here and now."""

import io
import os
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as Picture

from datasets.work import import_archive
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.errors import JobFailed, JobStopped
from jobs.handlers import handler_of
from jobs.models import Job
from jobs.services import end_attempt
from jobs.services.claim import claim
from jobs.supervision.tidy import tidy

assert import_archive


def png(seed: int = 0, size: tuple[int, int] = (12, 10)) -> bytes:
    """A small picture of noise; each seed has its own content."""
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    return encoded(Picture.fromarray(pixels), "PNG")


def encoded(picture: Picture.Image, format: str, **options) -> bytes:
    """The picture as a file."""
    stream = io.BytesIO()
    picture.save(stream, format=format, **options)
    return stream.getvalue()


def jpeg(seed: int = 0) -> bytes:
    """A JPEG large enough to be cut off in the middle."""
    pixels = np.random.default_rng(seed).integers(0, 255, (80, 90, 3), dtype=np.uint8)
    return encoded(Picture.fromarray(pixels), "JPEG")


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name) if name.endswith("/") else name, content)
    return stream.getvalue()


def patch_central(content: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """The zip with bytes of its `which`-th central record overwritten."""
    position = -1
    for _ in range(which + 1):
        position = content.index(b"PK\x01\x02", position + 1)
    changed = bytearray(content)
    changed[position + offset : position + offset + len(value)] = value
    return bytes(changed)


def encrypted(files: dict[str, bytes]) -> bytes:
    """The zip with the flag that says its first entry is encrypted."""
    return patch_central(zipped(files), 8, struct.pack("<H", 1))


class Interrupted(JobContext):
    """Calls `at[message]` when the work says that message: something happens just then."""

    def __init__(self, job: Job, reporter: Reporter, at: dict[str, Callable[[], None]]) -> None:
        super().__init__(job, reporter)
        self.at = at

    def progress(self, done, total, unit, message="", **more) -> None:
        """Report, and let happen what is to happen at this message, once."""
        super().progress(done, total, unit, message, **more)
        self.at.pop(message, lambda: None)()


@pytest.fixture
def run_job(transactional_db) -> Callable[..., Job]:
    """Do a queued job's work in this process, through the real claim, context and endings."""

    def run(job: Job, at: dict[str, Callable[[], None]] | None = None) -> Job:
        claimed = claim(queue=job.queue, worker="tests")
        assert claimed is not None
        assert claimed.pk == job.pk
        read_fd, write_fd = os.pipe()
        context = Interrupted(claimed, Reporter(claimed.pk, claimed.fence, write_fd), at or {})
        try:
            handler_of(claimed.kind)(context)
        except JobFailed as failure:
            end_attempt.fail(job_id=claimed.pk, fence=claimed.fence, failure=failure)
        except JobStopped:
            end_attempt.cancelled(job_id=claimed.pk, fence=claimed.fence)
        finally:
            os.close(read_fd)
            os.close(write_fd)
        job.refresh_from_db()
        tidy(job_id=job.pk)
        return job

    return run
