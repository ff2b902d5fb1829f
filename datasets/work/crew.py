"""Decoding chunks of an import in several processes, beside other jobs that do the same."""

from contextlib import AbstractContextManager
from pathlib import Path

from django.conf import settings

from datasets.decoding.decoder import Decoder, Places
from datasets.models import Import
from datasets.work.chunks import ChunkFiles
from jobs.crew import ChunkCrew
from jobs.models import Job
from jobs.services.chunks import end_chunk
from storage import durable

_REPORT_EVERY = 32


class Crew(ChunkCrew[Decoder]):
    """The decoding processes of one job, each driven by a thread."""

    def __init__(self, source: Import, job: Job, archive: Path, files: ChunkFiles) -> None:
        super().__init__(source, job)
        self._archive, self._files = archive, files
        self._places = Places(
            staging=files.checkpoint / f"{job.pk}-{job.fence}",
            store=durable.known_folder(),
            max_pixels=settings.IMAGE_MAX_PIXELS,
        )

    def open_tool(self) -> AbstractContextManager[Decoder]:
        """Return a decoding process."""
        return Decoder(self._places)

    def do_chunk(self, tool: Decoder, number: int) -> bool:
        """Decode the files of a chunk and keep the answers."""
        lines = []
        for line in tool.decode_members(self._archive, self._files.members(number)):
            lines.append(line)
            if len(lines) % _REPORT_EVERY == 0:
                self.note(number, len(lines))
            if self.is_stopping:
                return False
        self._files.store(number, lines)
        self.note(number, len(lines))
        return self.patiently(lambda: end_chunk(source=self._source, job=self._job, number=number))
