"""Asking about chunks of a batch on several threads, beside other jobs that do the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from classifier.batches.services.store_results import Answered, FilesGone, store_chunk
from classifier.batches.work.asker import Asker
from classifier.engine.target import ImageAnswer
from classifier.models import BatchPrediction, BatchSource
from datasets.decoding.archive_decoder import ArchiveDecoder
from datasets.decoding.pixels.decoders import PixelDecoders
from jobs.crew import ChunkCrew
from jobs.models import Job
from storage import scratch

_UNREADABLE = "unreadable"
_TRIES = 3


class Tools(NamedTuple):
    """What a thread works with; `archive` where the images come in one."""

    archive: ArchiveDecoder | None
    pixels: PixelDecoders


class BatchCrew(ChunkCrew[Tools]):
    """The threads of one job, each of which decodes, asks and stores chunk after chunk."""

    def __init__(self, batch: BatchPrediction, job: Job, asker: Asker) -> None:
        super().__init__(batch, job)
        self._batch, self._asker = batch, asker
        self._staging = staging_of(batch) / f"{job.pk}-{job.fence}"

    @contextmanager
    def open_tool(self) -> Iterator[Tools]:
        """Give a thread its decoding processes."""
        if self._batch.source != BatchSource.ARCHIVE:
            with PixelDecoders(processes=1) as pixels:
                yield Tools(None, pixels)
            return
        archive = ArchiveDecoder(self._batch.upload, self._staging)
        with archive, PixelDecoders(archive.locate, processes=1) as pixels:
            yield Tools(archive, pixels)

    def do_chunk(self, tool: Tools, number: int) -> bool:
        """Ask about the images of a chunk and store the answers."""
        items = self.patiently(lambda: self._source.chunks.get(number=number).items)
        for left in reversed(range(_TRIES)):
            asked = [_asked(item, self._batch.source) for item in items]
            if tool.archive is not None and not self._decode(tool.archive, items, asked):
                return False
            if not self._ask(tool.pixels, number, asked):
                return False
            try:
                return self.patiently(partial(self._store, number, asked))
            except FilesGone:
                # A clean-up of something else took what this one had counted on: once more.
                if not left:
                    raise
        return False

    def _store(self, number: int, asked: list[Answered]) -> bool:
        return store_chunk(
            batch=self._batch,
            job=self._job,
            number=number,
            results=asked,
            staging=self._staging,
        )

    def _decode(self, archive: ArchiveDecoder, items: list[Any], asked: list[Answered]) -> bool:
        answers = archive.decode([item[1:] for item in items])
        for answer, result in zip(answers, asked, strict=True):
            if self.is_stopping:
                return False
            answer.pop("fingerprint", None)
            if "code" in answer:
                result.code, result.detail = answer["code"], answer["detail"]
            else:
                result.sha256, result.file = answer.pop("sha256"), answer
        return True

    def _ask(self, pixels: PixelDecoders, number: int, asked: list[Answered]) -> bool:
        """Answer about each content once; return whether it came to its end."""
        contents = list(dict.fromkeys(each.sha256 for each in asked if not each.code))
        said: dict[str, ImageAnswer | str] = {}
        for sha256, found in self._asker.answers(contents, pixels):
            said[sha256] = found
            self.note(number, len(said))
            if self.is_stopping:
                return False
        for each in asked:
            if not each.code:
                _take(each, said[each.sha256])
        return True


def staging_of(batch: BatchPrediction) -> Path:
    """Return where jobs on this machine stage the files of a batch's archive."""
    return scratch.checkpoint_dir(batch.job.lineage)


def _asked(item: list[Any], source: str) -> Answered:
    if source == BatchSource.ARCHIVE:
        return Answered(index=item[0], name=item[1])
    index, image_id, name, sha256 = item
    return Answered(index=index, name=name, image_id=image_id, sha256=sha256)


def _take(result: Answered, said: ImageAnswer | str) -> None:
    if isinstance(said, ImageAnswer):
        result.answer = said
    else:
        result.code, result.detail, result.file = _UNREADABLE, said, None
