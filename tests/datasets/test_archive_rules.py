import io
import random
import stat
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from PIL import ImageDraw

from datasets.archive.inspection import inspect
from datasets.archive.limits import ArchiveLimits
from datasets.archive.reader import read_member
from datasets.errors import ArchiveRefused
from tests.datasets.archives import LIMITS, MIB
from tests.datasets.conftest import encrypted, patch_central, png, zipped
from tests.datasets.crafted import named, overlapping, running_over, ten_gigabytes


def refusal(content: bytes, limits: ArchiveLimits = LIMITS) -> ArchiveRefused:
    with pytest.raises(ArchiveRefused) as caught:
        inspect(content, limits)
    return caught.value


def saved(picture: Picture.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "BMP")
    return stream.getvalue()


def test_files_are_read_back_with_their_content():
    files = {"cat/1.png": png(1), "dog/2.png": png(2), "dog/empty": b"", "dog/": b""}
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = zipped(files, compression)
        members = inspect(content, LIMITS).members
        read = {member.name: read_member(memoryview(content), member) for member in members}
        assert read == {name: data for name, data in files.items() if not name.endswith("/")}


@pytest.mark.parametrize("name", ["../../x.png", "a/../../x.png", "a\\..\\x.png", "..\\x.png"])
def test_traversal_is_refused_by_name(name):
    error = refusal(named(name))
    assert error.code == "unsafe_name"
    assert "outside" in error.detail
    assert "x.png" in error.detail


@pytest.mark.parametrize("name", ["/abs/x.png", "\\abs\\x.png", "C:/x.png", "C:\\x.png"])
def test_absolute_names_are_refused(name):
    assert refusal(named(name)).code == "unsafe_name"


def test_a_nul_in_a_name_is_refused():
    content = named("cat/aXb.png").replace(b"cat/aXb.png", b"cat/a\0b.png")
    assert refusal(content).code == "unsafe_name"


def test_symbolic_links_and_devices_are_refused():
    link = refusal(named("cat/link.png", external_attr=(stat.S_IFLNK | 0o777) << 16))
    assert (link.code, "cat/link.png" in link.detail) == ("symlink", True)
    assert refusal(named("fifo", external_attr=stat.S_IFIFO << 16)).code == "special_file"


def test_a_name_that_stands_twice_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cat/1.png", b"a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("cat/1.png", b"b")
    error = refusal(stream.getvalue())
    assert (error.code, "cat/1.png" in error.detail) == ("duplicate_entry", True)
    assert refusal(zipped({"a//b.png": b"", "a/./b.png": b""})).code == "duplicate_entry"


def test_names_that_differ_in_case_only_are_refused():
    error = refusal(zipped({"Cat/1.png": b"a", "cat/1.png": b"b"}))
    assert error.code == "case_collision"
    assert "Cat/1.png" in error.detail
    assert "cat/1.png" in error.detail


def test_a_password_is_refused_by_name():
    error = refusal(encrypted({"cat/1.png": b"x"}))
    assert (error.code, "cat/1.png" in error.detail) == ("encrypted", True)


def test_overlapping_entries_are_refused():
    assert refusal(overlapping()).code == "overlapping_entries"
    assert refusal(running_over()).code == "overlapping_entries"


def test_a_ten_gigabyte_bomb_is_refused_at_once():
    content = ten_gigabytes()
    started = time.monotonic()
    assert refusal(content).code == "too_high_ratio"
    assert time.monotonic() - started < 2


def test_the_sum_of_expanded_sizes_is_bounded():
    content = zipped({f"{n}.bmp": bytes(9 * MIB) for n in range(3)})
    limits = ArchiveLimits(**{**vars(LIMITS), "max_expanded_bytes": 20 * MIB})
    assert refusal(content, limits).code == "too_large_expanded"


def test_blank_images_by_the_hundred_are_refused_and_drawings_are_not():
    """61 kB of them would store 60 MB, again and again; each alone is as honest as a white BMP."""
    blank = zipped({f"{n}.bmp": b"\xff" * (3 * MIB) for n in range(20)})
    assert len(blank) < 80_000
    error = refusal(blank)
    assert (error.code, "400 times is allowed for all together" in error.detail) == (
        "too_high_ratio",
        True,
    )
    # A drawing of six lines on 1024 × 1024 pixels; a blank page among photographs.
    rng = random.Random(0)
    drawings, photographs = {}, {"blank.bmp": b"\xff" * (9 * MIB)}
    for number in range(5):
        page = Picture.new("RGB", (1024, 1024), "white")
        corners = [(rng.randrange(1024), rng.randrange(1024)) for _ in range(7)]
        ImageDraw.Draw(page).line(corners, fill="black", width=12)
        drawings[f"{number}.bmp"] = saved(page)
        photographs[f"{number}.bmp"] = rng.randbytes(MIB)
    assert len(inspect(zipped(drawings), LIMITS).members) == 5
    assert len(inspect(zipped(photographs), LIMITS).members) == 6


def test_an_honest_white_bmp_is_allowed_and_a_lie_about_sizes_found():
    content = zipped({"white.bmp": b"\xff" * (9 * MIB)})
    assert len(inspect(content, LIMITS).members) == 1
    assert refusal(zipped({"white.bmp": b"\xff" * (11 * MIB)})).code == "too_high_ratio"
    liar = patch_central(content, 24, struct.pack("<L", 1000))
    member = inspect(liar, LIMITS).members[0]
    with pytest.raises(ArchiveRefused) as caught:
        read_member(memoryview(liar), member)
    assert caught.value.code == "damaged_entry"


@pytest.mark.parametrize("promised", [0, 1000])
def test_a_member_expands_to_no_more_than_it_promises(promised):
    """Its record says a kilobyte, its bytes hold 64 MiB: most of them are never made."""
    bomb = patch_central(zipped({"cat/1.bmp": bytes(64 * MIB)}), 24, struct.pack("<L", promised))
    member = inspect(bomb, LIMITS).members[0]
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveRefused) as caught:
            read_member(memoryview(bomb), member)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "damaged_entry"
    assert most < MIB


def test_too_many_entries_are_refused():
    content = zipped({f"{number}.png": b"" for number in range(1001)})
    assert refusal(content).code == "too_many_entries"
    # The count in the end record may lie.
    end = content.rindex(b"PK\x05\x06")
    liar = content[: end + 8] + struct.pack("<HH", 1, 1) + content[end + 12 :]
    assert refusal(liar).code == "too_many_entries"


def test_archives_in_the_archive_alone_are_refused():
    error = refusal(zipped({"train.zip": b"x", "cat/more.tar.gz": b"x"}))
    assert (error.code, "train.zip" in error.detail) == ("nested_archive", True)


def test_archives_of_samples_count_as_part_of_the_whole():
    """Each keeps every rule alone: together they are as many, as large and as empty as a bomb."""
    blank = zipped({f"{n}.bmp": b"\xff" * MIB for n in range(4)})
    bomb = {f"{n}-samples.zip": blank for n in range(5)}
    error = refusal(zipped(bomb, zipfile.ZIP_STORED))
    assert (error.code, "for all together" in error.detail) == ("too_high_ratio", True)
    assert len(inspect(zipped({"0-samples.zip": blank}, zipfile.ZIP_STORED), LIMITS).members) == 4
    large = replace(LIMITS, max_expanded_bytes=18 * MIB)
    assert refusal(zipped(bomb, zipfile.ZIP_STORED), large).code == "too_large_expanded"
    # Junk and folders count as well, and so does what an archive that is left out holds.
    junk = zipped({**{f"{n}/": b"" for n in range(300)}, ".DS_Store": b"x"})
    many = {f"{n}-samples.zip": junk for n in range(4)}
    assert refusal(zipped(many, zipfile.ZIP_STORED)).code == "too_many_entries"


def test_more_than_a_thousand_archives_of_samples_are_refused_by_name():
    one, limits = zipped({"0.jpg": b"x"}), replace(LIMITS, max_entries=100_000)
    most = {f"c{n}-samples.zip": one for n in range(1000)}
    assert len(inspect(zipped(most, zipfile.ZIP_STORED), limits).members) == 1000
    error = refusal(zipped({**most, "more-samples.zip": one}, zipfile.ZIP_STORED), limits)
    assert (error.code, "“more-samples.zip”" in error.detail) == ("too_many_archives", True)


def left_out(content: bytes) -> dict[str, tuple[str, str]]:
    inspected = inspect(content, LIMITS)
    assert [member.name for member in inspected.members] == ["cat/1.png"]
    assert all(len(item.detail) > 20 for item in inspected.left_out)
    return {item.name: (item.outcome, item.code) for item in inspected.left_out}


@pytest.mark.parametrize(
    ("name", "shown", "outcome"),
    [
        ("cat/Icon\r", "cat/Icon\\r", ("skipped", "junk")),
        ("Icon\r", "Icon\\r", ("skipped", "junk")),
        ("cat/a\tb.png", "cat/a\\tb.png", ("rejected", "unsafe_name")),
        ("cat/a\x85b.png", "cat/a\\x85b.png", ("rejected", "unsafe_name")),
        ("cat/" + "n" * 600, "cat/" + "n" * 495 + "…", ("rejected", "unsafe_name")),
        ("cat/more.zip", "cat/more.zip", ("rejected", "nested_archive")),
        ("__MACOSX/more.zip", "__MACOSX/more.zip", ("skipped", "junk")),
    ],
)
def test_a_fault_of_one_file_leaves_that_file_out(name, shown, outcome):
    assert left_out(zipped({name: b"x", "cat/1.png": b"x"})) == {shown: outcome}


def test_other_faults_of_one_file_leave_that_file_out():
    content = zipped({"cat/0.png": b"x", "cat/1.png": b"x"})
    # By a password, by strong encryption, with the directory itself masked (APPNOTE 4.4.4).
    for flag in (0x1, 0x40, 0x2000):
        locked = patch_central(content, 8, struct.pack("<H", flag))
        assert left_out(locked) == {"cat/0.png": ("rejected", "encrypted")}, hex(flag)
    # Deflated at most, with a data descriptor, named in UTF-8: all of these can be read.
    for flag in (0x2, 0x4, 0x8, 0x800):
        readable = patch_central(content, 8, struct.pack("<H", flag))
        assert len(inspect(readable, LIMITS).members) == 2, hex(flag)
    unknown = patch_central(content, 10, struct.pack("<H", 14))
    assert left_out(unknown) == {"cat/0.png": ("rejected", "unsupported_compression")}
    pipe = patch_central(content, 38, struct.pack("<L", stat.S_IFIFO << 16))
    assert left_out(pipe) == {"cat/0.png": ("rejected", "special_file")}
    nul = content.replace(b"cat/0.png", b"cat/0\0png")
    assert left_out(nul) == {"cat/0\\x00png": ("rejected", "unsafe_name")}


def test_junk_that_stands_twice_is_junk():
    files = {"a/.DS_Store": b"x", "A/.ds_store": b"x", "cat/1.png": b"x"}
    assert set(left_out(zipped(files)).values()) == {("skipped", "junk")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"this is no zip", "not_a_zip"),
        (zipped({"a.png": png()})[:-40], "not_a_zip"),
        (zipped({"a.png": png()})[60:], "not_a_zip"),
        (zipped({}), "empty_archive"),
        (zipped({"cat/": b""}), "empty_archive"),
    ],
)
def test_what_is_no_whole_archive_is_refused(content, code):
    assert refusal(content).code == code


def test_an_archive_with_something_before_it_is_read():
    content = b"#!/bin/sh\nself-extracting\n" + zipped({"cat/1.png": png()})
    member = inspect(content, LIMITS).members[0]
    assert read_member(memoryview(content), member) == png()


def test_a_zip64_archive_is_read():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        with archive.open("cat/1.png", "w", force_zip64=True) as entry:
            entry.write(png())
    content = bytearray(stream.getvalue())
    end = content.rindex(b"PK\x05\x06")
    size, offset = struct.unpack_from("<LL", content, end + 12)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    content[end + 16 : end + 20] = b"\xff\xff\xff\xff"
    content[end:end] = record + locator
    member = inspect(bytes(content), LIMITS).members[0]
    assert read_member(memoryview(bytes(content)), member) == png()


@settings(max_examples=400, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 60),
)
def test_mutated_archives_are_refused_or_read_within_their_promises(edits, cut):
    content = bytearray(zipped({"cat/1.png": png(1), "dog/ü.png": png(2), "x/": b""}))
    for position, value in edits:
        content[position % len(content)] = value
    content = bytes(content[: len(content) - cut])
    with suppress(ArchiveRefused):
        for member in inspect(content, LIMITS).members:
            assert ".." not in member.name.split("/")
            assert not member.name.startswith("/")
            assert len(read_member(memoryview(content), member)) == member.size
