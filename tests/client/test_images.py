"""Whatever holds a picture becomes the image file that the server is asked about."""

import io
import os

import numpy as np
import pytest
from PIL import Image as Picture

from loupe.errors import UnusableInput
from loupe.images import files_of, image_paths

PIXELS = np.random.default_rng(1).integers(0, 256, (7, 5, 4), dtype=np.uint8)


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(content)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_array_is_sent_as_it_is(channels):
    pixels = PIXELS[:, :, :channels]
    [file] = files_of(pixels)
    np.testing.assert_array_equal(decoded(file.content).reshape(pixels.shape), pixels)
    assert file.name == "image-0.png"


def test_several_arrays_and_a_grey_one():
    several = np.stack([PIXELS, PIXELS[::-1]])
    assert [decoded(file.content).tolist() for file in files_of(several)] == several.tolist()
    [grey] = files_of(PIXELS[:, :, 0])
    np.testing.assert_array_equal(decoded(grey.content), PIXELS[:, :, 0])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "LA", "CMYK"])
def test_a_pillow_image_is_sent_as_it_is(mode):
    picture = Picture.fromarray(PIXELS[:, :, :3]).convert(mode)
    [file] = files_of(picture)
    sent = Picture.open(io.BytesIO(file.content))
    assert sent.format == "PNG"
    np.testing.assert_array_equal(sent.convert("RGB"), picture.convert("RGB"))


def test_paths_bytes_and_open_files(tmp_path):
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"jpeg")
    with path.open("rb") as stream:
        found = list(files_of([path, str(path), b"bytes", bytearray(b"more"), stream]))
    assert [(file.name, file.content) for file in found] == [
        ("cat.jpg", b"jpeg"), ("cat.jpg", b"jpeg"), ("image-2", b"bytes"), ("image-3", b"more"),
        ("cat.jpg", b"jpeg"),
    ]  # fmt: skip
    [one] = files_of(str(path))
    assert (one.name, one.source) == ("cat.jpg", str(path))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (PIXELS.astype(float), "may mean 0 to 1 or 0 to 255"),
        (PIXELS[:, :, :0], "received .7, 5, 0."),
        (np.zeros((2, 3, 4, 5, 6), np.uint8), "received .2, 3, 4, 5, 6."),
        (Picture.new("F", (2, 2)), "mode F"),
        (os.fsdecode(b"\xe9.jpg"), "is not in UTF-8"),
        (["nowhere.jpg"], "nowhere.jpg cannot be read: No such file"),
        ([io.StringIO("text")], "open for bytes"),
        ([3], "received int"),
        (None, "received NoneType"),
    ],
)
def test_what_has_two_meanings_or_none_is_refused(image, sentence):
    with pytest.raises(UnusableInput, match=sentence):
        list(files_of(image))


def test_the_image_files_of_a_folder_in_order(tmp_path):
    for name in ("b/2.JPG", "b/1.png", "a.webp", ".hidden/3.png", "notes.txt", ".4.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "c").symlink_to(tmp_path / "b")
    found = [path.relative_to(tmp_path).as_posix() for path in image_paths(tmp_path)]
    assert found == ["a.webp", "b/1.png", "b/2.JPG", "c/1.png", "c/2.JPG"]
