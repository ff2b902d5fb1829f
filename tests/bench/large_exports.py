"""Memory and time of reading the tables of large exports, each in a process of its own.

``python -m tests.bench.large_exports`` from the repository root. Each case writes an archive of
1,000 small files and one large table, and has `read_archive` read it, as the import's job does.
What is printed is the peak of the process above what it holds before, and its processor seconds.
"""

import json
import multiprocessing
import resource
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from datasets.archive.limits import ArchiveLimits
from datasets.archive.question import read_archive
from datasets.archive.reader import opened
from datasets.errors import ArchiveRefused

FILES = 900
MIB = 1 << 20
# Those of an installation where nothing is set.
LIMITS = ArchiveLimits(
    max_bytes=2048 * MIB,
    max_entries=100_000,
    max_expanded_bytes=10_240 * MIB,
    max_ratio=100,
    max_whole_ratio=400,
    ratio_from_bytes=10 * MIB,
    max_file_bytes=200 * MIB,
)


def label_studio(count: int) -> Iterator[bytes]:
    """An array of tasks of about 1,000 bytes, as a project of images has them."""
    for number in range(count):
        result = {"type": "choices", "from_name": "choice", "to_name": "image", "origin": "manual",
                  "value": {"choices": [f"class {number % 10}"]}}  # fmt: skip
        task = {
            "id": number, "created_at": "2026-01-01T00:00:00Z", "meta": {"padding": "x" * 500},
            "data": {"image": f"/data/upload/1/{number:08x}-{number}.jpg"},
            "annotations": [{"id": number, "completed_by": 1, "was_cancelled": False,
                             "result": [result], "lead_time": 1.5}],
        }  # fmt: skip
        yield (b"," if number else b"[") + json.dumps(task).encode()
    yield b"]"


def coco(count: int) -> Iterator[bytes]:
    """Images and an annotation for each."""
    yield b'{"categories": [{"id": 1, "name": "cat"}], "images": ['
    for number in range(count):
        image = {"id": number, "file_name": f"{number}.jpg", "coco_url": "https://" + "x" * 300}
        yield (b"," if number else b"") + json.dumps(image).encode()
    yield b'], "annotations": ['
    for number in range(count):
        one = {"id": number, "image_id": number, "category_id": 1, "caption": "y" * 400}
        yield (b"," if number else b"") + json.dumps(one).encode()
    yield b"]}"


def table(count: int) -> Iterator[bytes]:
    """A labels.csv."""
    yield b"file,class_name,site\n"
    for number in range(count):
        yield f"{number}.jpg,class {number % 10},north\n".encode()


CASES: dict[str, tuple[str, Callable[[int], Iterator[bytes]], int]] = {
    "Label Studio, 200,000 tasks": ("export.json", label_studio, 200_000),
    "COCO, 200,000 images": ("train.json", coco, 200_000),
    "labels.csv, 300,000 lines": ("labels.csv", table, 300_000),
    "labels.csv, 1,000,000 lines": ("labels.csv", table, 1_000_000),
}


def write(path: Path, name: str, pieces: Iterator[bytes]) -> int:
    """Write an archive; return how large its table is."""
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(FILES):
            archive.writestr(f"{number}.jpg", b"x")
        with archive.open(name, "w", force_zip64=True) as stream:
            for piece in pieces:
                size += stream.write(piece)
    return size


def measure(path: Path, answers) -> None:
    """Read an archive here; put peak above the start (MiB), processor seconds, what came of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    try:
        with opened(path) as data:
            question = read_archive(data, LIMITS)
        came = f"{len(question.readings[0].plan.candidates):,} images; {question.why[:80]}"
    except ArchiveRefused as error:
        came = f"refused: {error.detail}"
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers.put(((peak - before) / 1024, seconds, came))


def main() -> None:
    """Print a line for each case."""
    context = multiprocessing.get_context("spawn")
    for title, (name, pieces, count) in CASES.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "archive.zip"
            size = write(path, name, pieces(count))
            answers = context.Queue()
            process = context.Process(target=measure, args=(path, answers))
            process.start()
            peak, seconds, came = answers.get(timeout=600)
            process.join()
        print(f"{title} ({size / MIB:.0f} MiB): +{peak:.0f} MiB, {seconds:.1f} CPU s; {came}")


if __name__ == "__main__":
    main()
