"""EfficientNet-Lite0: two ways to build one network, and a reader that resolves four names."""

import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.engine.backbones.efficientnet_lite0.architecture import BLOCKS, HEAD, STEM
from classifier.engine.backbones.efficientnet_lite0.backbone import EFFICIENTNET_LITE0
from classifier.engine.backbones.efficientnet_lite0.torch_file import BadTorchFile, read_arrays
from classifier.engine.backbones.opened import open_backbone

WEIGHTS = EFFICIENTNET_LITE0.weights
MAGIC = 0x1950A86A20F9469CFC6C


def test_keras_and_onnx_agree_and_one_conversion_serves(tmp_path: Path) -> None:
    opened = open_backbone(EFFICIENTNET_LITE0, weights_dir=None, folder=tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), np.uint8)
    received = opened.predict(pixels)
    network = EFFICIENTNET_LITE0.network(224, WEIGHTS.found(None))
    expected = np.asarray(network(pixels.astype(np.float32), training=False))
    assert received.shape == expected.shape == (3, EFFICIENTNET_LITE0.width)
    assert np.abs(received - expected).max() <= 1e-5 * np.abs(expected).max()
    assert opened.weights_sha256 == WEIGHTS.sha256

    converted_at = opened.onnx.stat().st_mtime_ns
    again = open_backbone(EFFICIENTNET_LITE0, weights_dir=None, folder=tmp_path)
    assert again.onnx.stat().st_mtime_ns == converted_at

    EFFICIENTNET_LITE0.thaw(network, 2)
    thawed = {each.name for each in network.get_layer("backbone").layers if each.trainable_weights}
    assert thawed == {each.name for block in BLOCKS[-2:] for each in block.convolutions} | {"head"}


def test_every_array_of_the_file_has_its_place() -> None:
    convolutions = [STEM, *(each for block in BLOCKS for each in block.convolutions), HEAD]
    used = {f"{each.weights}.weight" for each in convolutions} | {"_fc.weight", "_fc.bias"}
    for each in convolutions:
        parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        used |= {f"{each.norm}.{part}" for part in parts}
    assert used == set(read_arrays(WEIGHTS.found(None)))
    assert len(BLOCKS) == EFFICIENTNET_LITE0.blocks


class Call:
    """Pickles as a call of what is named."""

    def __init__(self, function: Callable, *arguments: Any) -> None:
        self._call = function, arguments

    def __reduce__(self) -> Any:
        return self._call


def head(magic: int = MAGIC) -> bytes:
    parts = (magic, 1001, {"little_endian": True})
    return b"".join(pickle.dumps(part, protocol=2) for part in parts)


@pytest.mark.parametrize("function", [os.system, eval, os.remove])
def test_no_other_name_is_resolved(tmp_path: Path, function: Callable) -> None:
    witness = tmp_path / "witness"
    witness.touch()
    arguments = {os.system: f"rm {witness}", os.remove: str(witness)}
    call = Call(function, arguments.get(function, f"open({str(witness)!r}, 'w').write('seen')"))
    path = tmp_path / "crafted.pth"
    path.write_bytes(head() + pickle.dumps({"weight": call}, protocol=2))
    with pytest.raises(
        BadTorchFile, match=rf"It names \w+\.{function.__name__}, which is not read"
    ):
        read_arrays(path)
    assert witness.read_text() == ""


def file_of(path: Path, shape: tuple[int, int], strides: tuple[int, int], count: int = 6) -> Path:
    """Write a file with one tensor ``w`` of the numbers 0, 1, 2, …, op by op as torch does."""

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<i", len(value)) + value.encode()

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(b"K" + bytes([value]) for value in values) + b"t"

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    storage += b"K" + bytes([count]) + b"NtQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00"
    tensor += numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)RtR"
    tensors = b"\x80\x02}" + text("w") + tensor + b"s."
    content = struct.pack(f"<q{count}f", count, *range(count))
    path.write_bytes(head() + tensors + pickle.dumps(["0"], protocol=2) + content)
    return path


def test_a_tensor_is_a_view_within_its_storage(tmp_path: Path) -> None:
    path = tmp_path / "small.pth"
    assert read_arrays(file_of(path, (2, 3), (1, 2)))["w"].tolist() == [[0, 2, 4], [1, 3, 5]]
    with pytest.raises(BadTorchFile, match="reaches beyond its storage"):
        read_arrays(file_of(path, (2, 3), (2, 3)))


def test_damage_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = file_of(tmp_path / "small.pth", (2, 3), (3, 1))
    whole = path.read_bytes()
    for content, told in (
        (whole[:-1], "cut short"),
        (head(magic=7), "no file that torch.save wrote"),
        (whole[:90], r"small\.pth cannot be read"),
        (b"PK\x03\x04", r"small\.pth cannot be read"),
        (b"", r"small\.pth cannot be read"),
    ):
        path.write_bytes(content)
        with pytest.raises(BadTorchFile, match=told):
            read_arrays(path)
