"""Prepare the built-in model on its first use: write its file, record the hash.

A short process of its own reads the weights, once for all: the file is kept in the storage, and the
database remembers its hash. A file that was lost is made again, if it comes out the same.
"""

import fcntl
import json
import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import close_old_connections, transaction

from classifier.engine.errors import BadModelFile, EngineError
from classifier.models import ModelVersion
from classifier.models.model_version import SERVED_FILE
from classifier.registry.services.ensure_built_in import PRESET
from classifier.registry.services.record_built_in_files import record_built_in_files
from programs.launch import Program
from storage import durable, scratch
from storage.names import model_file_name

logger = logging.getLogger(__name__)
PROGRAM = Program(module="classifier.prediction.serving.build_built_in")
BUILD_SECONDS = 120
# A failure is told again for this long before the next try.
REMEMBER_FAILURE_SECONDS = 20

_lock = threading.Lock()
_builds: dict[str, tuple[Future[str], float]] = {}


def prepare_whole(version_id: UUID) -> None:
    """Prepare the served file if it is not there, in this thread; raises `EngineError`."""
    _build(str(version_id))


def prepare(version_id: str, wait_seconds: float) -> str:
    """Return the SHA-256 of the served file.

    Raises `EngineError`; its code is `preparing` after `wait_seconds`: the work goes on meanwhile.
    """
    with _lock:
        build = _builds.get(version_id)
        if build is None or _worth_another_try(version_id, *build):
            build = (_start(version_id), time.monotonic())
            _builds[version_id] = build
    try:
        return build[0].result(max(0.0, wait_seconds))
    except NotDone:
        raise EngineError(
            "preparing",
            "The built-in model is being prepared, which takes some seconds the first time.",
            "Ask again in a moment.",
        ) from None


def _start(version_id: str) -> Future[str]:
    outcome: Future[str] = Future()
    # A daemon: a worker that stops does not wait for it.
    threading.Thread(
        target=_keep_outcome, args=[outcome, version_id], name="built-in", daemon=True
    ).start()
    return outcome


def _keep_outcome(outcome: Future[str], version_id: str) -> None:
    try:
        outcome.set_result(_build(version_id))
    except EngineError as error:
        outcome.set_exception(error)


def is_lost(version_id: str, sha256: str) -> bool:
    """Whether this is a built-in version whose file, of this hash, is not there to serve."""
    if _served_path(version_id, sha256).exists():
        return False
    return ModelVersion.objects.filter(pk=version_id, model__organization=None).exists()


def _served_path(version_id: str, sha256: str) -> Path:
    return durable.local_content(model_file_name(version_id, SERVED_FILE), sha256)


def _worth_another_try(version_id: str, build: Future[str], started: float) -> bool:
    if not build.done():
        return False
    if build.exception() is None:
        return not _served_path(version_id, build.result()).exists()
    return time.monotonic() - started > REMEMBER_FAILURE_SECONDS


def _build(version_id: str) -> str:
    close_old_connections()
    try:
        with _one_builder(version_id):
            version = ModelVersion.objects.get(pk=version_id)
            if version.served_file is None:
                return _make(version)
            if not version.served_path.exists():
                return _make_again(version, version.served_file["sha256"])
            return str(version.served_file["sha256"])
    except EngineError:
        raise
    except Exception as error:  # the boundary of this thread: the client gets a sentence
        logger.exception("the built-in model could not be prepared")
        raise _not_prepared() from error
    finally:
        close_old_connections()


def _make(version: ModelVersion) -> str:
    with _built(version) as (folder, facts), transaction.atomic():
        version = record_built_in_files(version=version, facts=facts)
        # Where another machine was first, with other libraries, its files stay.
        if version.files == facts["files"]:
            for name in facts["files"]:
                kept = model_file_name(version.pk, name)
                durable.take_over(folder / name, kept, facts["files"][name]["sha256"])
    return str((version.served_file or {})["sha256"])


def _make_again(version: ModelVersion, sha256: str) -> str:
    """Restore the lost file: what was registered never changes, so it must be the very same."""
    if version.preset != PRESET:
        raise BadModelFile(f"The file of {version} is gone.", _restore(version))
    logger.warning("the file of %s is gone and is made again", version)
    with _built(version) as (folder, facts):
        if facts["files"][SERVED_FILE]["sha256"] != sha256:
            raise BadModelFile(
                "The file of the built-in model is gone, and the libraries that are installed "
                "now do not make the same one.",
                _restore(version),
            )
        durable.take_over(folder / SERVED_FILE, version.served_name, sha256)
    return sha256


@contextmanager
def _built(version: ModelVersion) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Make the files; give their folder and the facts about them."""
    folder = scratch.built_in_dir(version.pk)
    try:
        yield folder, _run_program(folder)
    finally:
        scratch.remove_tree(folder)


def _restore(version: ModelVersion) -> str:
    return f"Restore models/{version.pk}/ in the data folder from a backup."


def _run_program(target: Path) -> dict[str, Any]:
    """Return the facts of the files that it has written to `target`; raises `EngineError`."""
    target.mkdir(parents=True, exist_ok=True)
    try:
        finished = PROGRAM.run(str(target), timeout=BUILD_SECONDS)
        answer: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise EngineError("timed_out", "Preparing the built-in model took too long.") from error
    except (IndexError, ValueError) as error:
        logger.error("building the built-in model failed: %s", finished.stderr[-4000:])
        raise _not_prepared() from error
    if "error" in answer:
        raise EngineError(**answer["error"])
    return answer


@contextmanager
def _one_builder(version_id: str) -> Iterator[None]:
    """Keep other workers of this machine from building the same files at the same time."""
    path = scratch.built_in_dir(f"{version_id}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _not_prepared() -> EngineError:
    return EngineError("internal", "The built-in model could not be prepared.", "See the log.")
