"""Checkpoints that another machine can go on from, where machines share nothing but a bucket.

The engine writes them into scratch, which is one machine's. While it fits, the newest is sent to
the store of durable files; an attempt that is not the first fetches it if none as new lies here.
"""

import logging
import tarfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.db import Error, connection

from jobs.errors import JobInterrupted
from jobs.handlers import JobContext
from storage import durable, scratch
from storage.errors import StoreError
from storage.names import checkpoint_name

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0
# Sending takes at most about a tenth of the time, and short epochs are not each worth it.
_LEAST_SECONDS, _SHARE = 10.0, 10
_BLOCK_BYTES = 1 << 20


@contextmanager
def kept_for_other_machines(context: JobContext, folder: Path) -> Iterator[None]:
    """Have the newest checkpoint in `folder` be where another machine finds it, during the block.

    Before it, the folder gets what an earlier attempt has left elsewhere. At most ten seconds, or
    ten times as long as sending takes, or one epoch are lost with the machine. An attempt sends
    only while the job is its own. Does nothing where durable files lie in a folder: machines that
    share one share scratch.
    """
    if not durable.lies_elsewhere():
        yield
        return
    job = context.job
    part = folder.relative_to(scratch.checkpoint_dir(job.lineage)).as_posix().replace("/", "-")
    name = checkpoint_name(job.lineage, "whole" if part == "." else part)
    if job.fence > 1 or job.retry_of_id is not None:
        _fetch(name, folder)
    sender = _Sender(context, name, folder)
    sender.start()
    try:
        yield
    except JobInterrupted:
        sender.stop()
        # The worker shuts down: another goes on from here.
        sender.send_newest()
        raise
    finally:
        sender.stop()


class _Sender:
    """A thread that sends what is new."""

    def __init__(self, context: JobContext, name: str, folder: Path) -> None:
        self._context, self._name, self._folder = context, name, folder
        self._sent = _newest(folder)
        self._rests_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        self._thread.join()

    def send_newest(self) -> None:
        """Send the newest one, unless it was; a store that does not serve only costs a line."""
        newest, began = _newest(self._folder), time.monotonic()
        if newest is None or newest == self._sent or not self._may_send(newest):
            return
        try:
            _send(self._folder / newest, self._name)
        except FileNotFoundError:
            # A newer one has come, and this one has gone.
            return
        except (StoreError, OSError) as error:
            logger.warning("checkpoint %s stays on this machine: %s", newest, error)
        self._sent = newest
        took = time.monotonic() - began
        self._rests_until = time.monotonic() + max(_LEAST_SECONDS, _SHARE * took)

    def _may_send(self, newest: str) -> bool:
        """Whether no other attempt has the job: it would go on from an older checkpoint."""
        try:
            return self._context.is_owner()
        except Error as error:
            logger.warning("checkpoint %s waits for Postgres: %s", newest, error)
            self._rests_until = time.monotonic() + _LEAST_SECONDS
            return False

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            if time.monotonic() >= self._rests_until:
                try:
                    self.send_newest()
                finally:
                    # This thread's own: seldom used, and not worth a place in Postgres.
                    connection.close()


def _newest(folder: Path) -> str | None:
    return max((path.name for path in folder.glob("epoch-*")), default=None)


def _send(checkpoint: Path, name: str) -> None:
    with scratch.request_dir() as folder:
        packed = folder / "checkpoint.tar"
        with tarfile.open(packed, "w") as archive:
            archive.add(checkpoint, checkpoint.name)
        with packed.open("rb") as stream:
            durable.write(name, iter(partial(stream.read, _BLOCK_BYTES), b""))


def _fetch(name: str, folder: Path) -> None:
    """Lay the checkpoint down beside those that are here; the engine takes the newest valid one."""
    with durable.borrowed([name]) as [packed]:
        if not packed.is_file():
            return
        try:
            with tarfile.open(packed) as archive:
                newest, found = _newest(folder), archive.next()
                if found is None or (newest is not None and found.name <= newest):
                    return
                _lay_down(archive, found.name, folder)
        except tarfile.TarError as error:
            logger.warning("%s cannot be read, goes on from what is here: %s", name, error)
            return
    logger.info("goes on from %s of another machine", found.name)


def _lay_down(archive: tarfile.TarFile, name: str, folder: Path) -> None:
    part = folder / f".part-{uuid.uuid4().hex}"
    try:
        archive.extractall(part, filter="data")
        (part / name).rename(folder / name)
    finally:
        scratch.remove_tree(part)
