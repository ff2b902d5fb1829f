"""How tests have an archive read: the limits, and the question that it leaves."""

from datasets.archive.limits import ArchiveLimits
from datasets.archive.question import Question, read_archive
from tests.datasets.conftest import zipped

MIB = 1 << 20

LIMITS = ArchiveLimits(
    max_bytes=2048 * MIB,
    max_entries=1000,
    max_expanded_bytes=10_240 * MIB,
    max_ratio=100,
    max_whole_ratio=400,
    ratio_from_bytes=10 * MIB,
    max_file_bytes=200 * MIB,
)


def asked(files: dict[str, bytes], **choice: str) -> Question:
    return read_archive(memoryview(zipped(files)), LIMITS, **choice)
