"""Tables and documents that are made to do harm, or are larger than anyone needs."""

import json
import tracemalloc
import zlib

import pytest

from datasets.archive import labels_csv
from datasets.archive.csv_rows import MOST_LINES, NotTable, csv_rows
from datasets.archive.json_parts import NotJson, lines, parts
from datasets.archive.member import DEFLATED, Member
from datasets.archive.question import read_archive
from datasets.archive.reader import Contents
from datasets.archive.tools.addresses import path_of
from datasets.errors import ArchiveRefused
from tests.datasets.archives import LIMITS, asked
from tests.datasets.conftest import zipped


def pieces(text: bytes, size: int) -> list[bytes]:
    return [text[start : start + size] for start in range(0, len(text), size)]


DOCUMENT = {"a": 1, "many": [1, 22, {"b": "ä\u2028"}], "none": [], "c": {"d": [3]}, "e": None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_document_comes_in_parts_however_it_is_cut(encoding, size):
    text = json.dumps(DOCUMENT, indent=1, ensure_ascii=False).encode(encoding)
    assert list(parts(pieces(text, size))) == [
        ("a", 1), ("many", 1), ("many", 22), ("many", {"b": "ä\u2028"}), ("c", {"d": [3]}),
        ("e", None),
    ]  # fmt: skip
    assert list(parts(pieces(b"[1, 2.5]", size))) == [("", 1), ("", 2.5)]
    assert list(lines(pieces(b'{"a": 1}\n\n{"b": 2}\n', size))) == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "neither"), (b"nope", "neither"), (b"[1", "expected"), (b"[1,]", "damaged"),
        (b"[1] x", "follows"), (b'{"a" 1}', "expected"), (b"{1: 2}", "no text"),
        (b"[" * 100_000, "too deeply"), (b'{"a":' * 50_000, "too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "too large"), (b"\xff\xfe\x00", "UTF-8"),
        (b'["' + b"x" * (5 << 20) + b'"]', "characters"), (b'["\x00"]', "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_json_says_why(text, why):
    with pytest.raises(NotJson, match=why):
        list(parts(pieces(text, 1 << 16)))


def test_a_long_document_is_never_held_as_a_whole():
    task = {"id": 1, "data": {"image": "1.jpg", "text": "y" * 900}, "annotations": []}
    entry = json.dumps(task).encode() + b","
    block = entry * 250

    def chunks():
        yield b"["
        for _ in range(80):
            yield block
        yield entry[:-1] + b"]"

    tracemalloc.start()
    count = sum(1 for _ in parts(chunks()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_001
    assert peak < 4 << 20


def test_a_table_with_too_many_lines_is_refused_by_name():
    table = b"file,class_name\n" + b"".join(b"%d.jpg,cat\n" % n for n in range(1_001))
    with pytest.raises(NotTable, match="may have 1,000 lines"):
        list(csv_rows(table, most=1_000))
    with pytest.raises(ArchiveRefused) as caught:
        labels_csv.parse(table, most=1_000)
    assert "may have 1,000 lines; this one has more" in caught.value.detail
    assert MOST_LINES == 300_000
    shorter = table[: table.rindex(b"1000.jpg")]
    assert len(labels_csv.parse(shorter, most=1_000)) == 1_000


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (b"\xef\xbb\xbfa;b\r\n1;2\r\n", [["a", "b"], ["1", "2"]]),
        ("a\tb\n1\t2\n".encode("utf-16"), [["a", "b"], ["1", "2"]]),
        (b"sep=;\na;b\n\n1;2", [["a", "b"], ["1", "2"]]),
        (b"\n\na|b\n1|2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        (b'a,b\n"x\ny",2\n', [["a", "b"], ["x\ny", "2"]]),
        (b"", []),
    ],
)
def test_tables_as_spreadsheets_write_them(table, rows):
    assert [row for _, row in csv_rows(table)] == rows


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("gs://bucket/a/b%20c.jpg", "a/b%20c.jpg"), ("gs://bucket", ""),
        ("https://h.example/a/b%20c.jpg?sig=x#y", "a/b c.jpg"),
        ("file:///etc/passwd", "etc/passwd"),
        ("../../etc/passwd", "etc/passwd"), ("a/./b/../c.jpg", "a/b/c.jpg"),
        ("C:\\photos\\1.jpg", "photos/1.jpg"), ("\\\\server\\share\\1.jpg", "server/share/1.jpg"),
        ("data:image/png;base64,AAAA", ""), ("/data/local-files/?d=x/1.jpg", "x/1.jpg"),
        ("/data/upload/1/aaaaaaaa-1.jpg", "data/upload/1/aaaaaaaa-1.jpg"),
        ("a\0b\n.jpg", "a\\x00b\\n.jpg"), ("\ud800.jpg", "�.jpg"), ("100%.jpg", "100%.jpg"),
    ],
)  # fmt: skip
def test_an_address_is_a_label_that_nothing_opens(address, path):
    assert path_of(address) == path


def test_names_that_a_database_has_not_come_to_nothing():
    bad = ["a\u0000b", "\ud800", "x" * 121, "\u202ecat", "  "]
    tasks = [
        {"id": n, "data": {"image": f"{n}.jpg", "bad\u0000": "x", "note": "a\u0000\ud800"},
         "annotations": [{"result": [{"type": "choices", "value": {"choices": [name]}}]}]}
        for n, name in enumerate(bad)
    ]  # fmt: skip
    files = {f"{n}.jpg": b"x" for n in range(len(bad))}
    plan = asked({"a.json": json.dumps(tasks).encode(), **files}).readings[0].plan
    assert {item.code for item in plan.not_taken} == {"bad_class_name"}
    assert [one.name for one in plan.candidates] == ["4.jpg"]
    assert plan.candidates[0].metadata == {"note": "a\\x00�"}


BAD = "a\0\ud800b"
IDENTITY = "055651c9-0ba3-40a0-b33f-a46d39feb3ee"


@pytest.mark.parametrize(
    "document",
    [
        [{"id": IDENTITY, "tags": []}, {"id": BAD, "tags": [BAD]}],
        [{"id": n, "data": {"image": "data:,"}, "annotations": []} for n in (1, BAD)]
        + [{"id": 2, "data": {"image": f"{IDENTITY}.jpg"}, "annotations": []}],
        {"images": [{"id": n, "file_name": n} for n in (f"{IDENTITY}.jpg", BAD)],
         "categories": [{"id": 1, "name": BAD}],
         "annotations": [{"image_id": BAD, "category_id": 1}]},
    ],
)  # fmt: skip
def test_names_of_left_out_images_can_be_stored(document):
    files = {"coco.json" if isinstance(document, dict) else "a.json": json.dumps(document).encode()}
    question = asked({**files, f"{IDENTITY}.jpg": b"x"})
    left_out = question.readings[0].plan.not_taken
    assert any("a��b" in one.name for one in left_out)
    for text in (text for one in left_out for text in (one.name, one.detail)):
        assert "\0" not in text
        assert text.encode().decode() == text


@pytest.mark.parametrize("text", [b"\x00" * 500, b'{"images": 5}', b"[[]]", b"[5]"])
def test_other_json_beside_images_is_no_export(text):
    question = asked({"notes.json": text, "cats/1.jpg": b"x", "dogs/1.jpg": b"x"})
    assert question.taken is not None
    assert question.taken.layout == "class_folders"


@pytest.mark.parametrize("text", [b"[" * 99_999, b'[{"id": 1, "data": {'])
def test_json_that_cannot_be_told_from_an_export_is_named_and_asked_about(text):
    question = asked({"notes.json": text, "cats/1.jpg": b"x", "dogs/1.jpg": b"x"})
    assert question.taken is None
    assert "“notes.json” may hold classes" in question.why
    assert [reading.layout for reading in question.readings] == ["class_folders"]


def test_an_export_that_is_cut_off_is_refused():
    whole = json.dumps([{"data": {"image": "1.jpg"}, "annotations": []}] * 9).encode()
    with pytest.raises(ArchiveRefused) as caught:
        asked({"export.json": whole[:-40], "1.jpg": b"x"})
    assert caught.value.code == "bad_json"


def test_a_file_that_expands_to_more_than_it_says_is_damaged():
    packed = zlib.compress(bytes(1 << 20))[2:-4]
    lies = Member("a.json", DEFLATED, 0, len(packed), 1000, 0)
    with pytest.raises(ArchiveRefused) as caught:
        for _ in Contents(memoryview(packed)).chunks(lies):
            pass
    assert caught.value.code == "damaged_entry"


def test_many_json_files_are_not_all_looked_into():
    files = {f"cats/{n}.json": b"{}" for n in range(400)} | {"cats/1.jpg": b"x", "b/1.jpg": b"x"}
    question = read_archive(memoryview(zipped(files)), LIMITS)
    assert question.taken is not None
