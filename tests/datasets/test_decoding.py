import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image as Picture

from common.thumbnails import may_be_own_thumbnail
from datasets.decoding.decoder import Decoder, Places
from tests import factories
from tests.datasets.conftest import encoded, png


@pytest.fixture
def places(tmp_path) -> Places:
    return Places(tmp_path / "staged", tmp_path / "store", 50_000_000)


def decoders() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "datasets.decoding.process" in " ".join(child.cmdline()):
                found.append(child)
    return found


def staged(places: Places) -> set[str]:
    return {path.name for path in places.staging.glob("blobs/*/*")}


def test_a_file_that_kills_its_decoder_is_left_out_and_the_rest_go_on(places, tmp_path):
    files = []
    for number in range(5):
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(png(number))
    # A pipe without a writer: the decoder hangs in it until it is killed, as the kernel would.
    os.mkfifo(trap := tmp_path / "trap")
    files.insert(2, trap)
    ended = threading.Event()

    def executioner() -> None:
        while not ended.wait(0.1):
            for process in decoders():
                with suppress(psutil.NoSuchProcess):
                    waits_in_trap = process.status() == psutil.STATUS_SLEEPING
                    if waits_in_trap and time.time() - process.create_time() > 1.5:
                        process.kill()

    thread = threading.Thread(target=executioner)
    thread.start()
    with Decoder(places) as decoder:
        answers = list(decoder.decode_files(files))
    ended.set()
    thread.join()
    assert [answer.get("code") for answer in answers] == [
        None, None, "decoder_crashed", None, None, None,
    ]  # fmt: skip
    assert staged(places) == {answer["sha256"] for answer in answers if "sha256" in answer}
    assert decoders() == []


def test_a_decoder_has_no_secret_and_bounds_on_memory(places):
    with Decoder(places) as decoder:
        answers = decoder.decode_files([Path("/nowhere")] * 0)
        assert list(answers) == []
        (places.staging).mkdir(parents=True)
        file = places.staging / "a.png"
        file.write_bytes(png())
        assert len(list(decoder.decode_files([file]))) == 1
        (process,) = decoders()
        assert set(process.environ()) <= {
            "PATH",
            "PYTHONDONTWRITEBYTECODE",
            "OPENBLAS_NUM_THREADS",
            "MALLOC_MMAP_THRESHOLD_",
            "MALLOC_TRIM_THRESHOLD_",
            "LC_CTYPE",
            "CUDA_VISIBLE_DEVICES",
        }
        assert process.rlimit(psutil.RLIMIT_AS) == (3 << 30, 3 << 30)
        assert process.rlimit(psutil.RLIMIT_CORE) == (0, 0)
        used = sum(process.cpu_times()[:2])
        assert process.rlimit(psutil.RLIMIT_CPU)[0] <= used + 32


def test_the_kernel_ends_a_decoder_that_takes_too_long_with_one_file(tmp_path):
    """Each file has its own seconds of a processor: many slow ones pass, one endless one fails."""
    for number in range(4):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    program = (
        "import time; from datasets.decoding import process\n"
        "decode, process.SECONDS_PER_FILE, started = process.decode, 1, time.process_time()\n"
        "def slow(content, **options):\n"
        "    begin = time.process_time()\n"
        "    while time.process_time() < begin + (600 if content == endless else 0.7): pass\n"
        "    return decode(content, **options)\n"
        f"endless = {png(3)!r}\n"
        "process.decode = slow\n"
        "process.main()"
    )
    request = Places(tmp_path / "staged", tmp_path / "store", 50_000_000).as_request() | {
        "files": [str(tmp_path / f"{number}.png") for number in range(4)],
        "flush_every": 1,
    }
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(request) + "\n",
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGXCPU
    assert len(ended.stdout.splitlines()) == 3


def test_small_and_large_files_are_answered_alike_alone_and_in_groups(places, tmp_path):
    sizes = [(12, 10)] * 40 + [(1200, 1000), (9, 8), (1100, 1000)] + [(700, 600)] * 4
    contents = [png(number, size) for number, size in enumerate(sizes)]
    contents.insert(20, b"no image")
    files = []
    for number, content in enumerate(contents):
        files.append(tmp_path / f"{number}")
        files[-1].write_bytes(content)
    with Decoder(places) as decoder:
        together = list(decoder.decode_files(files))
        alone = [answer for file in files for answer in decoder.decode_files([file])]
    assert together == alone
    sizes.insert(20, None)
    found = [(a["width"], a["height"]) if "sha256" in a else None for a in together]
    assert found == sizes
    assert staged(places) == {answer["sha256"] for answer in together if "sha256" in answer}


@pytest.mark.parametrize(
    ("picture", "file_format", "own"),
    [
        (Picture.new("RGB", (256, 200), "red"), "PNG", True),
        (Picture.new("L", (32, 32), 7), "JPEG", True),
        (Picture.new("RGB", (257, 200), "red"), "PNG", False),
        (Picture.new("RGBA", (32, 32), (255, 0, 0, 9)), "PNG", False),
        (Picture.new("P", (32, 32), 3), "GIF", False),
        (Picture.new("RGB", (32, 32), "red"), "BMP", False),
        (Picture.fromarray(np.random.default_rng(0).integers(0, 255, (250, 250, 3), np.uint8)),
         "PNG", False),
    ],
)  # fmt: skip
def test_a_file_that_a_gallery_can_show_as_it_is_gets_no_thumbnail(picture, file_format, own):
    file = factories.read_image_file(encoded(picture, file_format))
    assert (file.thumbnail == b"") is own
    assert may_be_own_thumbnail(width=256, height=256, size=24 << 10)
    assert not may_be_own_thumbnail(width=256, height=256, size=(24 << 10) + 1)
