"""The durable files that go with the rows of an archive."""

import re
from collections.abc import Iterator
from typing import Any

from backup.archive.contents import Contents
from classifier.models import Decision, FastMode, ModelExport, ModelVersion, TrainingRun
from classifier.models.decision import REFERENCES_FILE
from classifier.models.fast_mode import FAST_FILE
from datasets.models import Image
from storage import durable
from storage.names import blob_name, model_file_name, run_folder

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = re.compile(
    r"(?:blobs/(?P<xx>[0-9a-f]{2})/(?P<blob>[0-9a-f]{64})"
    rf"|models/(?P<version>{_UUID})/(?P<file>[A-Za-z0-9_][\w.-]{{0,80}})"
    rf"|runs/(?P<run>{_UUID})/[A-Za-z0-9_][\w.-]{{0,80}})"
)


def file_names(contents: Contents) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each file with the SHA-256 that rows say; None: they can do without it.

    Thumbnails are made again.
    """
    hashes = contents[Image].filter(forgetting=None).values_list("sha256", flat=True)
    for sha256 in sorted(set(hashes.iterator(10_000))):
        yield blob_name(sha256), sha256
    for pk, files in contents[ModelVersion].values_list("pk", "files"):
        for name, facts in files.items():
            yield model_file_name(pk, name), facts["sha256"]
    for pk, file in contents[FastMode].values_list("model_version_id", "file"):
        yield model_file_name(pk, FAST_FILE), file["sha256"]
    exports = contents[ModelExport].values_list("model_version_id", "file", "model_version__files")
    for pk, file, files in exports:
        if file["name"] not in files:
            yield model_file_name(pk, file["name"]), file["sha256"]
    decisions = contents[Decision].exclude(references=None)
    for pk, file in decisions.values_list("model_version_id", "references"):
        yield model_file_name(pk, REFERENCES_FILE), file["sha256"]
    for pk in contents[TrainingRun].values_list("pk", flat=True):
        yield from ((stored.name, None) for stored in durable.files_in(run_folder(pk)))


def parts_of(name: str) -> dict[str, Any] | None:
    """Return what a name says (`blob`, `version` and `file`, or `run`); None for a name that no
    archive may have."""
    found = _NAME.fullmatch(name)
    if found is None or found["xx"] not in (None, (found["blob"] or "")[:2]):
        return None
    return {key: value for key, value in found.groupdict().items() if value is not None}
