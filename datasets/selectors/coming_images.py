"""The images that an import has decoded, before it ends and their rows come.

They lie under the checkpoint folder of the import's job, on the machine that decodes
(`datasets.work.chunks`).
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from datasets.models import Import
from jobs.models import Job, Status
from storage import durable, scratch

CHUNKS = "chunks"


class Decoded(NamedTuple):
    """A content, and the size in pixels of its upright picture."""

    sha256: str
    width: int
    height: int


class ComingImages:
    """What the imports of a dataset that run now have decoded, chunk by chunk."""

    def __init__(self, dataset_id: uuid.UUID) -> None:
        self._dataset_id = dataset_id
        self._seen: set[Path] = set()
        self._folders: list[Path] = []

    def under_way(self) -> bool:
        """Whether an import of the dataset runs that leaves here what it decodes."""
        running = Job.objects.filter(
            dataset_import__in=Import.objects.filter(dataset=self._dataset_id),
            status=Status.RUNNING,
        )
        folders = [
            scratch.checkpoint_dir(lineage) for lineage in running.values_list("lineage", flat=True)
        ]
        self._folders = [folder for folder in folders if (folder / CHUNKS).is_dir()]
        return bool(self._folders)

    def fresh(self) -> list[Decoded]:
        """Return the images of the chunks that were finished since this was last asked."""
        found: dict[str, Decoded] = {}
        for folder in self._folders:
            for path in sorted((folder / CHUNKS).glob("*.jsonl")):
                if path not in self._seen:
                    self._seen.add(path)
                    for answer in _accepted(path):
                        image = Decoded(answer["sha256"], answer["width"], answer["height"])
                        found[image.sha256] = image
        return list(found.values())

    def locate(self, sha256: str) -> Path:
        """Return where the file of a content lies: staged, or stored already."""
        name = f"blobs/{sha256[:2]}/{sha256}"
        staged = (path / name for folder in self._folders for path in staging_folders(folder))
        return next((path for path in staged if path.is_file()), None) or durable.local_blob(sha256)


def staging_folders(checkpoint: Path) -> list[Path]:
    """Return the folders in which attempts have staged files; none where the import has ended."""
    with suppress(FileNotFoundError):
        return [path for path in checkpoint.iterdir() if path.is_dir() and path.name != CHUNKS]
    return []


def decoded_contents(checkpoint: Path) -> set[str]:
    """Return the SHA-256 of every accepted file of the chunks that were finished."""
    paths = (checkpoint / CHUNKS).glob("*.jsonl")
    return {answer["sha256"] for path in paths for answer in _accepted(path)}


def _accepted(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the answers about the accepted files of a chunk; none where the import has ended."""
    with suppress(FileNotFoundError):
        for line in path.read_bytes().splitlines():
            answer = json.loads(line)
            if "sha256" in answer:
                yield answer
