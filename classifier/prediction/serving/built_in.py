"""Prepare a built-in model on its first use: fetch the weights, export, record the files.

TensorFlow runs in a short process of its own, once for all: the files are kept in the storage, and
the database remembers their hashes. Files that were lost are made again, if they come out the same.
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

from django.conf import settings
from django.db import close_old_connections

from classifier.models import ModelVersion
from classifier.models.model_version import SERVED_FILE
from classifier.registry.services.record_built_in_files import record_built_in_files
from common import storage
from programs.launch import FOR_WEIGHTS, Program

logger = logging.getLogger(__name__)
# Downloads what is missing.
PROGRAM = Program(
    module="classifier.prediction.serving.build_built_in", inherits=FOR_WEIGHTS, network=True
)
BUILD_SECONDS = 300
# A failure is told again for this long before the next try.
REMEMBER_FAILURE_SECONDS = 20

Outcome = dict[str, Any]
_lock = threading.Lock()
_builds: dict[str, tuple[Future[Outcome], float]] = {}


def prepare(version_id: str, wait_seconds: float) -> Outcome:
    """Return `{sha256}` of the served file, or `{error: {code, detail, hint}}`.

    Waits up to `wait_seconds`, then says that it is `preparing`; the work goes on meanwhile.
    """
    with _lock:
        build = _builds.get(version_id)
        if build is None or _worth_another_try(version_id, *build):
            build = (_start(version_id), time.monotonic())
            _builds[version_id] = build
    try:
        return build[0].result(max(0.0, wait_seconds))
    except NotDone:
        return _error(
            "preparing",
            "The built-in model is being prepared, which takes about a minute the first time.",
            "Ask again in a moment.",
        )


def _start(version_id: str) -> Future[Outcome]:
    outcome: Future[Outcome] = Future()
    # A daemon: a worker that stops does not wait for a download.
    threading.Thread(
        target=lambda: outcome.set_result(_build(version_id)), name="built-in", daemon=True
    ).start()
    return outcome


def is_lost(version_id: str) -> bool:
    """Whether this is a built-in version that has no file to serve."""
    built_in = ModelVersion.objects.filter(pk=version_id, model__organization=None)
    return not _served_path(version_id).exists() and built_in.exists()


def _served_path(version_id: str) -> Path:
    return storage.model_dir(version_id) / SERVED_FILE


def _worth_another_try(version_id: str, build: Future[Outcome], started: float) -> bool:
    if not build.done():
        return False
    if "error" not in build.result():
        return not _served_path(version_id).exists()
    return time.monotonic() - started > REMEMBER_FAILURE_SECONDS


def _build(version_id: str) -> Outcome:
    close_old_connections()
    try:
        with _one_builder(version_id):
            version = ModelVersion.objects.get(pk=version_id)
            if version.served_file is None:
                return _make(version)
            if not version.served_path.exists():
                return _make_again(version, version.served_file["sha256"])
            return {"sha256": version.served_file["sha256"]}
    except Exception:  # the boundary of this thread: the client gets a sentence
        logger.exception("the built-in model could not be prepared")
        return _error("internal", "The built-in model could not be prepared.", "See the log.")
    finally:
        close_old_connections()


def _make(version: ModelVersion) -> Outcome:
    answer = _run_program(storage.model_dir(version.pk))
    if "error" in answer:
        return answer
    version = record_built_in_files(version=version, facts=answer)
    return {"sha256": (version.served_file or {})["sha256"]}


def _make_again(version: ModelVersion, sha256: str) -> Outcome:
    """Restore the lost file: what was registered never changes, so it must be the very same."""
    logger.warning("the file of %s is gone and is made again", version)
    folder = storage.root() / "models" / f".{version.pk}.again"
    try:
        answer = _run_program(folder)
        if "error" in answer:
            return answer
        if answer["files"][SERVED_FILE]["sha256"] != sha256:
            return _error(
                "bad_model_file",
                "The file of the built-in model is gone, and the libraries that are installed "
                "now do not make the same one.",
                f"Restore models/{version.pk}/ in the data folder from a backup.",
            )
        version.served_path.parent.mkdir(parents=True, exist_ok=True)
        (folder / SERVED_FILE).replace(version.served_path)
        return {"sha256": sha256}
    finally:
        storage.remove_tree(folder)


def _run_program(target: Path) -> Outcome:
    target.mkdir(parents=True, exist_ok=True)
    weights = [str(settings.WEIGHTS_DIR)] if settings.WEIGHTS_DIR else []
    try:
        finished = PROGRAM.run(str(target), *weights, timeout=BUILD_SECONDS)
        answer: Outcome = json.loads(finished.stdout.splitlines()[-1])
        return answer
    except subprocess.TimeoutExpired:
        return _error("timed_out", "Preparing the built-in model took too long.", "")
    except (IndexError, ValueError):
        logger.error("building the built-in model failed: %s", finished.stderr[-4000:])
        return _error("internal", "The built-in model could not be prepared.", "See the log.")


@contextmanager
def _one_builder(version_id: str) -> Iterator[None]:
    """Keep other workers on this storage from building the same files at the same time."""
    path = storage.root() / "models" / f".{version_id}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _error(code: str, detail: str, hint: str) -> Outcome:
    return {"error": {"code": code, "detail": detail, "hint": hint}}
