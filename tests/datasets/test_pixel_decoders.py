"""Blocks of pixels from processes that decode strangers' files and reach nothing else."""

import json
import socket
import sys
from dataclasses import replace

import numpy as np
import psutil
import pytest
from PIL import Image

from common.pixels import read_pixels
from datasets.decoding.pixels import decoder, decoders
from datasets.decoding.pixels.decoders import PixelDecoders
from programs import isolation
from tests.datasets.conftest import png

CURIOUS = replace(decoder.PROGRAM, module="tests.datasets.curious_decoder")


def pictures(folder, count: int) -> list[str]:
    """Write images of every accepted format; return their names."""
    noise = np.random.default_rng(0)
    for number in range(count):
        kind = ("JPEG", "PNG", "WEBP", "BMP", "GIF")[number % 5]
        image = Image.fromarray(noise.integers(0, 256, (90 + number, 120, 3), np.uint8))
        image.save(folder / f"{number}", kind)
    grey = Image.fromarray(noise.integers(0, 65536, (40, 50)).astype(np.uint16))
    grey.save(folder / "grey", "PNG")
    Image.new("RGBA", (60, 40), (200, 10, 10, 90)).save(folder / "clear", "PNG")
    palette = Image.fromarray(noise.integers(0, 256, (50, 60, 3), np.uint8)).quantize(16)
    palette.save(folder / "palette", "PNG", transparency=3)
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("CMYK", (64, 48), (10, 200, 30, 40)).save(folder / "turned", "JPEG", exif=turned)
    return [*(f"{number}" for number in range(count)), "grey", "clear", "palette", "turned"]


def test_blocks_have_the_pixels_that_serving_sees(tmp_path, monkeypatch):
    """Bit for bit, every content once, in order, whatever the blocks; in the sandbox."""
    monkeypatch.setattr(decoders, "BLOCK_IMAGES", 7)
    names = pictures(tmp_path, 30)
    with PixelDecoders(tmp_path.joinpath) as crew:
        blocks = list(crew.blocks(names, 24, "stretch"))
        assert list(crew.blocks([], 24, "stretch")) == []
        others = {fit: list(crew.blocks(names, 24, fit)) for fit in ("crop", "pad")}
    assert [name for block in blocks for name in block.contents] == names
    assert [block.faults for block in blocks] == [{}] * 5
    pixels = np.concatenate([block.pixels for block in blocks])
    assert pixels.dtype == np.uint8
    expected = [read_pixels(tmp_path / name, 24) for name in names]
    assert np.array_equal(pixels, np.stack(expected))
    for fit, found in others.items():
        expected = [read_pixels(tmp_path / name, 24, fit) for name in names]
        assert np.array_equal(np.concatenate([each.pixels for each in found]), np.stack(expected))


def test_a_file_that_cannot_be_decoded_is_named_and_the_rest_go_on(tmp_path):
    for number in range(40):
        (tmp_path / f"{number}").write_bytes(png(number))
    (tmp_path / "cut").write_bytes(png(1, (300, 300))[:200])
    (tmp_path / "deadly").write_bytes(b"exit")
    names = [f"{number}" for number in range(40)]
    names[3:3], names[20:20], names[35:35] = ["cut"], ["deadly"], ["absent"]
    with PixelDecoders(tmp_path.joinpath, CURIOUS) as crew:
        [block] = crew.blocks(names, 8, "stretch")
    assert block.faults == {
        "cut": "The image file is cut off before its end.",
        "deadly": "It makes the image decoder crash or work too long.",
        "absent": "The file is missing.",
    }
    kept, pixels = block.readable()
    assert kept == [name for name in names if name.isdigit()]
    expected = [read_pixels(tmp_path / name, 8) for name in kept]
    assert np.array_equal(pixels, np.stack(expected))


def test_a_reader_that_stops_leaves_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(decoders, "BLOCK_IMAGES", 20)
    names = [str(number) for number in range(100)]
    for name in names:
        (tmp_path / name).write_bytes(png())
    before = len(psutil.Process().children(recursive=True))
    with PixelDecoders(tmp_path.joinpath) as crew:
        for _ in crew.blocks(names, 8, "stretch"):
            break
        with pytest.raises(KeyboardInterrupt), (tmp_path / "rows").open("wb") as output:
            crew.decode(names, 8, "stretch", output.fileno(), interrupt)
    assert len(psutil.Process().children(recursive=True)) == before


def interrupt(done: int) -> None:
    raise KeyboardInterrupt


def test_a_decoder_for_training_that_was_taken_over_gets_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    (tmp_path / "other").write_bytes(b"another organization's image")
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = {
            "files": [str(tmp_path / "other"), decoder.__file__, "/etc/passwd", sys.executable,
                      "/proc/self/environ", f"/proc/{psutil.Process().pid}/environ"],
            "folders": ["/", ".", "..", "/proc", "/dev", "/tmp", str(tmp_path)],
            "port": server.getsockname()[1],
        }  # fmt: skip
        (tmp_path / "a").write_text(json.dumps(target))
        with PixelDecoders(tmp_path.joinpath, CURIOUS) as crew:
            [block] = crew.blocks(["a"], 64, "stretch")
    got = json.loads(block.pixels.tobytes().rstrip(b"\0"))
    assert set(got["environment"]) <= {*CURIOUS.environment(), "LC_CTYPE"}
    if not isolation.is_available():
        pytest.skip("this kernel lets no process leave the network: the rest cannot hold here")
    assert got == {
        "environment": got["environment"],
        "files": [],
        "folders": [],
        "network": False,
        "root": False,
    }
