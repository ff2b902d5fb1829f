"""Archives and images that are made to do harm."""

import io
import struct
import zipfile
import zlib

from tests.datasets.conftest import patch_central, zipped

MIB = 1 << 20


def named(name: str, **attributes) -> bytes:
    """A zip of one file with this name, just as it stands."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        archive.writestr(info, b"x")
    return stream.getvalue()


def overlapping() -> bytes:
    """Two records that point at the same bytes: Python 3.11.7's zipfile accepts them."""
    content = zipped({"cat/1.png": b"a" * 99, "cat/2.png": b"a" * 99})
    return patch_central(content, 42, struct.pack("<L", 0), which=1)


def running_over() -> bytes:
    """One record whose bytes run into the next entry."""
    content = zipped({"cat/1.png": b"a" * 99, "cat/2.png": b"a" * 99})
    size = struct.unpack_from("<L", content, content.index(b"PK\x01\x02") + 20)[0]
    return patch_central(content, 20, struct.pack("<L", size + 30))


def ten_gigabytes() -> bytes:
    """A small file that says it holds ten files of 1.2 GB."""
    packed = zlib.compress(bytes(1 << 20), 9)
    content = zipped({f"cat/{n}.bmp": packed for n in range(10)}, zipfile.ZIP_STORED)
    for which in range(10):
        content = patch_central(content, 24, struct.pack("<L", 1200 * MIB), which)
    return content
