"""How names in archives are written, and what is asked where that is a guess."""

import struct
import unicodedata
import zlib

import pytest

from datasets.archive.inspection import inspect
from datasets.archive.question import Question, read_archive
from datasets.errors import ArchiveRefused
from tests.datasets.archives import LIMITS
from tests.datasets.conftest import patch_central, zipped

DOS, NTFS, UNIX = 0, 11, 3
UTF8 = 0x800


def raw_zip(
    names: list[bytes], *, flags: int = 0, host: int = DOS, extra=lambda name: b""
) -> bytes:
    """A zip whose names are these bytes."""
    out = central = b""
    for name in names:
        more = extra(name)
        sizes = (zlib.crc32(b"x"), 1, 1, len(name))
        offset = len(out)
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, 0, 0, 0, *sizes, 0) + name + b"x"
        central += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", host << 8 | 20, 20, flags, 0, 0, 0, *sizes, len(more),
            0, 0, 0, 0, offset,
        ) + name + more  # fmt: skip
    end = (0, 0, len(names), len(names), len(central), len(out), 0)
    return out + central + struct.pack("<4s4H2LH", b"PK\5\6", *end)


def question(content: bytes, **choice: str) -> Question:
    return read_archive(memoryview(content), LIMITS, **choice)


def classes(content: bytes, **choice: str) -> set[str]:
    taken = question(content, **choice).taken
    assert taken is not None
    return {candidate.class_name for candidate in taken.plan.candidates}


WRITTEN = {
    "cp932": ["表示", "表面", "ソート", "犬"],
    "gb18030": ["猫咪", "狗", "長城"],
    "big5": ["貓", "狗", "功能"],
    "cp949": ["고양이", "개"],
    "cp1251": ["кошка", "собака"],
    "cp866": ["кошка", "собака"],
    "cp850": ["Äpfel", "Füße"],
    "cp1252": ["Äpfel", "Füße"],
}


@pytest.mark.parametrize("page", WRITTEN)
def test_names_in_a_code_page_are_asked_and_never_merge(page):
    names = WRITTEN[page]
    host = DOS if page in ("cp866", "cp850") else UNIX
    content = raw_zip([f"{name}/{n}.png".encode(page) for name in names for n in (1, 2)], host=host)
    found = question(content)
    assert found.taken is None
    assert "nothing in it says how they are written" in found.why
    assert "more than one way" not in found.why
    by_page = {
        reading.encoding: {c.class_name for c in reading.plan.candidates}
        for reading in found.readings
    }
    # What was written is offered, and first.
    assert next(iter(by_page.values())) == set(names), by_page
    chosen = next(iter(by_page))
    assert classes(content, encoding=chosen) == set(names)
    assert found.readings[0].as_json()["encoding"] == chosen


def test_a_backslash_inside_a_character_parts_nothing():
    names = ["表示/1.png", "表面/2.png"]
    assert all(b"\x5c" in name.encode("cp932") for name in names)
    content = raw_zip([name.encode("cp932") for name in names])
    assert classes(content, encoding="cp932") == {"表示", "表面"}


def test_names_that_say_how_they_are_written_ask_nothing():
    names = [f"{name}/1.png" for name in ("表示", "犬", "Füße")]
    utf8 = [name.encode() for name in names]
    expected = {"表示", "犬", "Füße"}
    assert classes(raw_zip(utf8, flags=UTF8)) == expected
    assert classes(raw_zip(utf8)) == expected

    def second_name(raw: bytes) -> bytes:
        name = b"\x01" + struct.pack("<L", zlib.crc32(raw)) + raw.decode("cp932").encode()
        return struct.pack("<HH", 0x7075, len(name)) + name

    japanese = [name.encode("cp932") for name in names[:2]]
    assert classes(raw_zip(japanese, extra=second_name)) == {"表示", "犬"}
    # One whose checksum is of another name says nothing.
    stale = raw_zip(
        japanese, extra=lambda raw: second_name(raw).replace(b"\x01", b"\x01\0", 1)[:-1]
    )
    assert question(stale).taken is None


def test_where_only_file_names_are_a_guess_nobody_is_asked():
    content = raw_zip(["cats/たま.png".encode("cp932"), b"dogs/1.png"])
    taken = question(content).taken
    assert taken is not None
    assert (taken.encoding, taken.plan.candidates[0].name) == ("cp932", "cats/たま.png")


def test_composed_and_decomposed_names_are_one_class():
    names = [unicodedata.normalize(form, "Ä") + f"/{form}.png" for form in ("NFC", "NFD")]
    assert classes(zipped(dict.fromkeys(names, b"x"))) == {"Ä"}


def test_two_spellings_of_one_name_are_one_name_and_labels_find_files_by_either():
    """A Mac writes names in NFD, and a table has them as a person typed them, in NFC; or turned."""
    composed, decomposed = (unicodedata.normalize(form, "cats/Ä.png") for form in ("NFC", "NFD"))
    with pytest.raises(ArchiveRefused) as caught:
        inspect(zipped({composed: b"x", decomposed: b"y"}), LIMITS)
    assert caught.value.code == "duplicate_entry"
    for stored, written in ((composed, decomposed), (decomposed, composed)):
        table = f"file,class_name\n{written},Kühe\n".encode()
        found = question(zipped({"labels.csv": table, stored: b"x"})).taken
        (candidate,) = found.plan.candidates
        assert (candidate.name, candidate.class_name) == (composed, "Kühe")


def test_a_backslash_parts_folders_only_where_it_can_be_no_character():
    windows = raw_zip([b"cats\\1.png", b"dogs\\2.png"])
    assert classes(windows) == {"cats", "dogs"}
    mixed = raw_zip([b"cats\\1.png", b"dogs/2.png"], host=NTFS)
    assert classes(mixed) == {"cats", "dogs"}
    unix = raw_zip([b"cats/a\\b.png", b"dogs/2.png"], host=UNIX)
    assert [m.name for m in inspect(unix, LIMITS).members] == ["cats/a\\b.png", "dogs/2.png"]


def test_names_that_escape_are_refused_in_every_code_page():
    content = raw_zip(["犬/../../1.png".encode("cp932"), "犬/2.png".encode("cp932")])
    for encoding in ("", "cp932", "cp437"):
        with pytest.raises(ArchiveRefused, match="outside"):
            inspect(content, LIMITS, encoding)


def test_a_name_that_the_chosen_code_page_cannot_hold_is_left_out():
    content = raw_zip([b"cats/\x81.png", b"cats/1.png"])
    inspected = inspect(content, LIMITS, "cp1252")
    assert [member.name for member in inspected.members] == ["cats/1.png"]
    assert [item.code for item in inspected.left_out] == ["unreadable_name"]


def test_a_flag_that_lies_is_not_believed():
    content = raw_zip(["表示/1.png".encode("cp932")], flags=UTF8)
    found = question(content)
    assert found.taken is None
    assert {c.class_name for c in found.readings[0].plan.candidates} == {"表示"}
    assert patch_central(content, 8, b"\0\0") != content
