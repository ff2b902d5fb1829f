"""The cache of pixels: the same pixels for every run, no half of an entry, never over its cap."""

import hashlib
import os
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from common.pixels import read_pixels
from datasets.decoding.pixels import cache as cache_module
from datasets.decoding.pixels.cache import NoRoom, PixelCache
from datasets.decoding.pixels.decoders import PixelDecoders
from datasets.decoding.pixels.rows import StreamedRows
from datasets.decoding.pixels.store import PixelStore
from datasets.errors import UnreadableImage
from tests.datasets.cache_filler import fill
from tests.datasets.conftest import png

SIZE = 16
ROW = SIZE * SIZE * 3
EVERYTHING = 1 << 30


@pytest.fixture
def blobs(tmp_path) -> Path:
    (folder := tmp_path / "blobs").mkdir()
    return folder


@pytest.fixture
def decoders(blobs):
    with PixelDecoders(blobs.joinpath) as crew:
        yield crew


@pytest.fixture(autouse=True)
def packs_of_fifty(monkeypatch):
    monkeypatch.setattr(cache_module, "PACK_BYTES", 49 * ROW)


def contents(blobs: Path, count: int, first: int = 0) -> list[str]:
    return [keep(blobs, png(number)) for number in range(first, first + count)]


def keep(blobs: Path, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    (blobs / name).write_bytes(content)
    return name


def quiet(done: int, total: int) -> None:
    """Nothing is told."""


def pixels_of(rows, size: int = 7) -> np.ndarray:
    order = np.random.default_rng(1).permutation(len(rows))
    found = np.concatenate(list(rows.batches(order, size)))
    return found[np.argsort(order)]


def expected(blobs: Path, names: list[str]) -> np.ndarray:
    return np.stack([read_pixels(blobs / name, SIZE) for name in names])


def packs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.pixels"))


def test_a_second_run_reads_what_the_first_has_decoded(blobs, decoders, tmp_path):
    names = contents(blobs, 120)
    cache = PixelCache(tmp_path / "cache", EVERYTHING, decoders)
    told = []
    first = cache.rows([*names, names[3]], SIZE, "stretch", lambda *count: told.append(count))
    assert np.array_equal(pixels_of(first), expected(blobs, [*names, names[3]]))
    assert told[-1] == (120, 120)
    assert told == sorted(told)
    written = packs(tmp_path)
    assert [path.stat().st_size for path in written].count(50 * ROW) == 2
    # What lies there needs no file and no decoder any more; another order is another view of it.
    before, told[:] = expected(blobs, names[::-1]), []
    for name in names:
        (blobs / name).unlink()
    again = cache.rows(names[::-1], SIZE, "stretch", lambda *count: told.append(count))
    assert np.array_equal(pixels_of(again), before)
    assert told == []
    assert packs(tmp_path) == written


def test_few_are_decoded_again_and_other_sizes_and_fits_kept_apart(blobs, decoders, tmp_path):
    names = contents(blobs, 70)
    cache = PixelCache(tmp_path / "cache", EVERYTHING, decoders)
    few = cache.rows(names[:10], SIZE, "stretch", quiet)
    assert packs(tmp_path) == []
    assert np.array_equal(pixels_of(few), expected(blobs, names[:10]))
    cache.rows(names, SIZE, "stretch", quiet)
    larger = next(cache.rows(names, 24, "stretch", quiet).batches(np.arange(70), 70))
    assert np.array_equal(larger[5], read_pixels(blobs / names[5], 24))
    assert {path.parent.name for path in packs(tmp_path)} == {"16-stretch", "24-stretch"}
    for fit in ("crop", "pad"):
        other = next(cache.rows(names, SIZE, fit, quiet).batches(np.arange(70), 70))
        wanted = np.stack([read_pixels(blobs / name, SIZE, fit) for name in names])
        assert np.array_equal(other, wanted)
        assert not np.array_equal(other, expected(blobs, names))
    assert {path.parent.name for path in packs(tmp_path)} >= {"16-crop", "16-pad"}


def test_a_file_that_cannot_be_decoded_is_named_and_its_row_never_read(blobs, decoders, tmp_path):
    names = contents(blobs, 70)
    cut = keep(blobs, png(3, (300, 300))[:150])
    cache = PixelCache(tmp_path / "cache", EVERYTHING, decoders)
    sentence = f"The image file {cut} can no longer be read. The image file is cut off"
    for _ in range(2):
        with pytest.raises(UnreadableImage, match=sentence):
            cache.rows([*names, cut], SIZE, "stretch", quiet)
    assert np.array_equal(
        pixels_of(cache.rows(names, SIZE, "stretch", quiet)), expected(blobs, names)
    )
    rows = StreamedRows([*names, cut], SIZE, "stretch", decoders)
    with pytest.raises(UnreadableImage, match=sentence):
        pixels_of(rows)


def test_what_is_too_much_is_decoded_each_time_and_the_log_says_so(blobs, decoders, tmp_path):
    names = contents(blobs, 90)
    cache = PixelCache(tmp_path / "cache", 89 * ROW, decoders)
    lines = []
    rows = PixelStore(cache, decoders, lines.append).rows(names, SIZE, "stretch", quiet)
    assert lines == [
        "The pixels of 90 images do not fit into the pixel cache (LOUPE_PIXEL_CACHE_BYTES): "
        "they are decoded each time they are read."
    ]
    assert packs(tmp_path) == []
    order = np.random.default_rng(0).permutation(90)
    batches = list(rows.batches(order, 8))
    assert [len(batch) for batch in batches] == [8] * 11 + [2]
    wanted = expected(blobs, [names[place] for place in order])
    assert np.array_equal(np.concatenate(batches), wanted)


def test_what_was_of_use_longest_ago_goes_but_not_from_under_a_reader(blobs, decoders, tmp_path):
    old, middle, new = (contents(blobs, 70, first) for first in (0, 70, 140))
    cache = PixelCache(tmp_path / "cache", 150 * ROW, decoders)
    cache.rows(old, SIZE, "stretch", quiet)
    reader = cache.rows(middle, SIZE, "stretch", quiet)
    for path in packs(tmp_path):
        os.utime(path, (1, 1))
    # A use counts as well as a writing does: `old` is younger now, but nobody's.
    cache.rows(old, SIZE, "stretch", quiet)
    cache.rows(new, SIZE, "stretch", quiet)
    assert np.array_equal(pixels_of(reader), expected(blobs, middle))
    assert sum(path.stat().st_size for path in packs(tmp_path)) == 140 * ROW
    kept = [name for name in (*middle, *new) if (blobs / name).unlink() is None]
    assert len(cache.rows(kept, SIZE, "stretch", quiet)) == 140
    # Two readers hold all the room that there is.
    other = cache.rows(new, SIZE, "stretch", quiet)
    with pytest.raises(NoRoom):
        cache.rows(old, SIZE, "stretch", quiet)
    assert len(other) == 70


def test_two_runs_at_once_share_the_work(blobs, tmp_path):
    names = contents(blobs, 400)
    context = get_context("spawn")
    started, results = context.Barrier(2), context.Queue()
    told = (str(blobs), str(tmp_path / "cache"), names, SIZE, started, results)
    runs = [context.Process(target=fill, args=told) for _ in range(2)]
    for run in runs:
        run.start()
    wanted = expected(blobs, names).tobytes()
    assert [results.get(timeout=60) == wanted for _ in runs] == [True, True]
    for run in runs:
        run.join()
    assert len(packs(tmp_path)) == 8, "each content once"


def test_what_a_killed_run_has_half_written_is_never_read(blobs, tmp_path):
    names = contents(blobs, 150)
    trap = blobs / names[70]
    kept = trap.read_bytes()
    trap.unlink()
    # A pipe without a writer: the second pack stays as it is when it gets there.
    os.mkfifo(trap)
    context = get_context("spawn")
    told = (str(blobs), str(tmp_path / "cache"), names, SIZE, context.Barrier(1), context.Queue())
    run = context.Process(target=fill, args=told)
    run.start()
    deadline = time.monotonic() + 60
    while not (packs(tmp_path) and list(tmp_path.rglob("*.part"))):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.kill()
    run.join()
    trap.unlink()
    trap.write_bytes(kept)
    with PixelDecoders(blobs.joinpath) as crew:
        cache = PixelCache(tmp_path / "cache", EVERYTHING, crew)
        told = []
        rows = cache.rows(names, SIZE, "stretch", lambda *count: told.append(count))
        assert told[-1] == (100, 100), "the first pack was whole"
        assert np.array_equal(pixels_of(rows), expected(blobs, names))
    assert list(tmp_path.rglob("*.part")) == []


def test_what_was_written_before_the_machine_started_is_not_used(blobs, decoders, tmp_path):
    names = contents(blobs, 70)
    PixelCache(tmp_path / "cache", EVERYTHING, decoders).rows(names, SIZE, "stretch", quiet)
    [boot] = (tmp_path / "cache").iterdir()
    boot.rename(another := boot.with_name("another-boot"))
    told = []
    cache = PixelCache(tmp_path / "cache", EVERYTHING, decoders)
    cache.rows(names, SIZE, "stretch", lambda *count: told.append(count))
    assert told[-1] == (70, 70)
    # Another machine may have the same folder.
    assert another.exists()
    os.utime(another, (1, 1))
    PixelCache(tmp_path / "cache", EVERYTHING, decoders)
    assert list((tmp_path / "cache").iterdir()) == [boot]
