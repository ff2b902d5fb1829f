"""Bounds, separators, attributes and sentences of the readers of archives, case by case."""

import io
import struct
import threading
import time
import zipfile

import pytest

from datasets.archive import classes_csv, labels_csv
from datasets.archive.directory import entries, find_directory
from datasets.archive.folders import read_folders
from datasets.archive.inspection import inspect
from datasets.archive.labels import Label, match, without_repeats
from datasets.archive.limits import ArchiveLimits
from datasets.archive.names import (
    are_portions,
    is_junk,
    looks_like_image,
    may_be_image,
    printable_label,
    split_hinted,
)
from datasets.archive.unsupported import _holds_boxes
from datasets.decoding.slots import decoder_slot
from datasets.errors import ArchiveRefused
from tests.datasets.archives import asked
from tests.datasets.conftest import zipped


def limits(**changes: int) -> ArchiveLimits:
    plain = {
        "max_bytes": 1 << 30, "max_entries": 100, "max_expanded_bytes": 1 << 30, "max_ratio": 100,
        "max_whole_ratio": 400, "ratio_from_bytes": 10_000, "max_file_bytes": 1 << 28,
    }  # fmt: skip
    return ArchiveLimits(**{**plain, **changes})


def described(name: str, comment: bytes, extra: bytes, system: int, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.comment, info.extra, info.create_system = comment, extra, system
    info.external_attr = mode << 16
    return info


def test_each_record_of_a_directory_is_found_and_says_what_made_it():
    stream = io.BytesIO()
    extra = struct.pack("<HH5s", 0xCAFE, 5, b"extra")
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(described("a/1.png", b"a comment", extra, 3, 0o100644), b"one")
        archive.writestr(described("a/2.png", b"", b"", 0, 0o120777), b"two")
        archive.writestr(described("a/3.png", b"long " * 50, extra, 19, 0o100600), b"three")
        archive.comment = b"of the whole"
    content = stream.getvalue()
    found = list(entries(content, find_directory(content)))
    assert [entry.name for entry in found] == [b"a/1.png", b"a/2.png", b"a/3.png"]
    assert [entry.host for entry in found] == [3, 0, 19]
    # Only Unix and macOS put the kind of a file there: others' bits are no symbolic link.
    assert [entry.unix_mode for entry in found] == [0o100644, 0, 0o100600]
    assert [entry.size for entry in found] == [3, 3, 5]
    assert len(inspect(content, limits()).members) == 3


def test_bounds_hold_exactly():
    two = zipped({"a/1.png": b"x" * 60, "a/2.png": b"y" * 40}, zipfile.ZIP_STORED)
    assert len(inspect(two, limits(max_entries=2, max_expanded_bytes=100)).members) == 2
    for changes, code, sentence in (
        ({"max_entries": 1}, "too_many_entries", "may hold 1 entries; this one holds at least 2."),
        ({"max_expanded_bytes": 99}, "too_large_expanded", "with “a/2.png” this one passes that."),
    ):
        with pytest.raises(ArchiveRefused) as refused:
            inspect(two, limits(**changes))
        assert refused.value.code == code
        assert sentence in refused.value.detail
    blank = zipped({"a/1.png": bytes(50_000)})
    packed = inspect(blank, limits(max_ratio=10_000, max_whole_ratio=10_000)).members[0]
    ratio = packed.size // packed.compressed_size
    with pytest.raises(ArchiveRefused) as refused:
        inspect(blank, limits(max_ratio=ratio - 1))
    assert (
        f"“a/1.png” expands {ratio} times to 48.83 KiB; {ratio - 1} times" in refused.value.detail
    )
    with pytest.raises(ArchiveRefused) as refused:
        inspect(blank, limits(max_ratio=10_000, max_whole_ratio=ratio - 1))
    assert f"expand {ratio} times, from {packed.compressed_size} bytes" in refused.value.detail
    # Of what is small no ratio is looked at.
    generous = limits(max_ratio=1, max_whole_ratio=1, ratio_from_bytes=50_000)
    assert len(inspect(blank, generous).members) == 1


HEADER = b"file,class_name"


@pytest.mark.parametrize(
    "content",
    [
        b"file,class_name,split\na.png,cat,test\n",
        b"file;class_name;split\na.png;cat;test\n",
        b"file\tclass_name\tsplit\na.png\tcat\ttest\n",
        b"file|class_name|split\na.png|cat|test\n",
        b"sep=;\r\nfile;class_name;split\r\na.png;cat;test\r\n",
        b"SEP=|\nfile|class_name|split\na.png|cat|test\n",
        b"\n\nFile, Class_Name , SPLIT\n\n./a.png, cat , test\n\n",
        b'"file","class_name","split"\n"a.png","cat","test"\n',
        "file,class_name,split\na.png,cat,test\n".encode("utf-16"),
        b"\xef\xbb\xbffile,class_name,split,,,\na.png,cat,test,,,\n,,,,,\n",
        b"split,file,class_name\ntest,a.png,cat",
    ],
)
def test_tables_as_spreadsheets_write_them_say_the_same(content):
    (label,) = labels_csv.parse(content)
    assert (label.file, label.class_name, label.split) == ("a.png", "cat", "test")
    assert (label.says_split, label.metadata, label.problem) == (True, {}, None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "needs the columns file and class_name; received none"),
        (b"name,kind\na,b\n", "needs the columns file and class_name; received name, kind"),
        (b"file,kind\n", "received file, kind"),
        (b"file,class_name,size,size\n", "names a column twice: size"),
        (HEADER + b"," + b"x" * 81, "“" + "x" * 40 + "…” has 81"),
        (HEADER + b"".join(b",c%d" % n for n in range(52)), "may have 50 metadata columns"),
        (HEADER + b"\n\xff.png,cat\n", "is not UTF-8 text"),
        (HEADER + b"\na\0.png,cat\n", "holds NUL bytes"),
        (HEADER + b'\n"' + b"a" * 140_000 + b'",cat\n', "cannot be read at line 2"),
    ],
)
def test_tables_that_are_none_are_refused_with_what_is_wrong(content, sentence):
    with pytest.raises(ArchiveRefused) as refused:
        labels_csv.parse(content)
    assert refused.value.code == "bad_labels_csv"
    assert sentence in refused.value.detail


def test_a_line_that_is_wrong_says_so_and_others_go_on():
    content = HEADER + b",split,lens,,note\n" + "\n".join([
        "a.png,cat,dev,50 mm,,x", "b.png,cat,holiday,,,", "c.png,cat,,,stray,",
        "d.png," + "k" * 300 + ",,,,", "e.png,cat,,,,short", "f.png,cat,,,," + "n" * 501,
        "g.png,cat,,,," + "n" * 500, "h.png", "i.png,cat,,,,,beyond",
    ]).encode()  # fmt: skip
    found = {label.file[0]: label for label in labels_csv.parse(content)}
    codes = {name: label.problem and label.problem[0] for name, label in found.items()}
    assert codes == {
        "a": "unknown_split", "b": "unknown_split", "c": "unnamed_column", "d": "bad_class_name",
        "e": None, "f": "metadata_too_long", "g": None, "h": None, "i": "unnamed_column",
    }  # fmt: skip
    assert found["c"].problem[1] == "Line 4 has a value in column 5, which has no name."
    assert "received “holiday”" in found["b"].problem[1]
    assert "has 501 characters in “note”; 500 are allowed" in found["f"].problem[1]
    assert found["a"].metadata == {"lens": "50 mm", "note": "x"}
    assert (found["h"].class_name, found["h"].metadata) == ("", {})
    assert labels_csv.parse(HEADER + b"".join(b",c%d" % n for n in range(51)) + b"\n") == []
    assert labels_csv.parse(HEADER + b"," + b"x" * 80 + b"\n") == []


def test_a_table_of_marks_gives_one_class_or_says_why_not():
    content = b"Filename,cat,dog\na,1,0\nb,0,1.0\nc,,\nd,1,1\ne,2,0\nf,1\n"
    labels = {label.file: label for label in classes_csv.parse(content)}
    assert {name: label.class_name for name, label in labels.items()} == {
        "a": "cat", "b": "dog", "c": "", "d": "", "e": "", "f": "cat",
    }  # fmt: skip
    assert labels["d"].problem[1].startswith("It has 2 classes (cat, dog)")
    assert labels["e"].problem == ("bad_mark", "A class is marked by 1 or 0; received “2”.")
    assert [label.class_name for label in classes_csv.parse(b"filename,cat\na,1\n")] == ["cat"]
    for refused in (b"filename\na\n", b"file,cat\na,1\n", b"", b"filename,cat, \n"):
        with pytest.raises(ArchiveRefused) as caught:
            classes_csv.parse(refused)
        assert caught.value.code == "bad_classes_csv"


def test_a_file_that_is_named_again_needs_one_word_for_it():
    said = [Label("a", class_name=f"c{number}") for number in range(7)]
    (label,) = without_repeats(said)
    assert label.problem[1] == (
        "It is named 7 times, as “c0” and “c1” and “c2” and “c3” and “c4”. Keep one line."
    )
    twice = [Label("a", class_name="c", split="test"), Label("a", class_name="c", split="train")]
    assert "with different values" in without_repeats(twice)[0].problem[1]
    assert without_repeats([said[0], said[0], Label("b")]) == [said[0], Label("b")]


def test_labels_find_their_files():
    assert match([Label("a"), Label("b")], ["a", "c"]).files == ["a", None]
    for written, there in (("A.PNG", "a.png"), ("a", "a.png"), ("x/a.png", "a.png")):
        found = match([Label(written), Label("other")], [there, "more.png"]).files
        assert found in ([there, None], [None, None])
    assert match([Label("a.PNG"), Label("A.png")], ["a.png"]).files == [None, None]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["z.png,cat"], "The file that labels.csv names is not in the archive: it names “z.png”"),
        (["z.png,cat", "y.png,dog"], "None of the 2 files that labels.csv names is in the archive"),
        ([], "labels.csv names no file: it has a header and no lines."),
    ],
)
def test_a_table_that_matches_nothing_says_what_is_where(lines, sentence):
    table = "\n".join(["file,class_name", *lines, ""]).encode()
    with pytest.raises(ArchiveRefused) as refused:
        asked({"labels.csv": table, "images/1.png": b"x"})
    assert refused.value.code == "labels_match_nothing"
    assert sentence in refused.value.detail


def test_what_names_tell():
    assert are_portions(["part_1", "part_2"])
    assert are_portions(["images (1)", "images (2)"])
    for other in (["part_1"], ["part_1", "batch_2"], ["part_1", "cats"], ["cats1", "cats2"], []):
        assert not are_portions(other), other
    hints = {
        "train": "train", "trainset": "train", "segTrain": "train", "test_images": "test",
        "validationData": "validation", "training_set": "train", "trainer": None, "contest": None,
        "testimony": None, "cats": None, "evalset": "validation",
    }  # fmt: skip
    assert {name: split_hinted(name) for name in hints} == hints
    assert printable_label("C:\\photos\\mine\\a.png", "?") == "a.png"
    assert printable_label("photos/mine/a.png", "?") == "a.png"
    assert printable_label("a/b/", "?") == "?"
    assert printable_label("\0\n", "?") == "?"
    assert printable_label("n" * 300, "?") == "n" * 255
    for junk in ("Thumbs.db", "a/._x.png", "__MACOSX/a/x.png", "a/.git/x.png", ".DS_Store"):
        assert is_junk(junk), junk
    for kept in (".net/x.png", "a/x.png", "git/x.png", "a/_x.png", "thumbs/x.png"):
        assert not is_junk(kept), kept
    for image in ("a/x.JPG", "x.tiff", "x.y.webp"):
        assert looks_like_image(image), image
    for other in (".png", "a/.jpg", "png", "x.txt", "x.png.txt"):
        assert not looks_like_image(other), other
    assert may_be_image("a/1234")
    assert may_be_image(".png")
    for other in ("a/x.TXT", "README", "a/License", "x.csv"):
        assert not may_be_image(other), other


@pytest.mark.parametrize(
    ("content", "boxes"),
    [
        (b"0 0.5 0.5 0.2 0.2\n", True), (b"0 .5 .5 .2 .2\n3 .1 .1 .1 .1 .9 .9\n\n", True),
        (b"0 0.5 0.5 0.2\n", False), (b"0.5 0.5 0.5 0.2 0.2\n", False), (b"", False),
        (b"\n \n", False), (b"cat 0.5 0.5 0.2 0.2\n", False),
        (b"0 .5 .5 .2 .2\n0 .5\n", False), (b"0 .5 .5 .2 .2\n1.5 1 1 1 1\n", False),
    ],
)  # fmt: skip
def test_what_a_file_of_boxes_holds(content, boxes):
    assert _holds_boxes(content) == boxes


def ways(*folders: str) -> dict[str, dict[str, tuple[str, str]]]:
    """The readings of these folders: layout → folder → (split, class)."""
    paths = {tuple(folder.split("/")) if folder else (): folder for folder in folders}
    return {
        reading.layout: {paths[path]: place for path, place in reading.places.items()}
        for reading in read_folders(paths)
    }


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        # A folder that repeats the one around it says nothing.
        (
            ("cats/cats", "dogs/dogs"),
            {"class_folders": {"cats/cats": ("", "cats"), "dogs/dogs": ("", "dogs")}},
        ),
        (
            ("train/train/cats", "train/train/dogs", "test/test/cats"),
            {
                "split_folders": {
                    "train/train/cats": ("train", "cats"),
                    "train/train/dogs": ("train", "dogs"),
                    "test/test/cats": ("test", "cats"),
                }
            },
        ),
        # The only folders are containers or parts of one set: perhaps no classes.
        (
            ("images",),
            {
                "class_folders": {"images": ("", "images")},
                "unlabelled": {"images": ("", "")},
            },
        ),
        (("part_1", "part_2"),
         {"class_folders": {"part_1": ("", "part_1"), "part_2": ("", "part_2")},
          "unlabelled": {"part_1": ("", ""), "part_2": ("", "")}}),
        (("cats",), {"class_folders": {"cats": ("", "cats")}}),
        # A test set without classes beside classes; alone, `train` is a vehicle.
        (("cats", "dogs", "test"), None),
        (("cats", "train"), {"class_folders": {"cats": ("", "cats"), "train": ("", "train")}}),
    ],
)  # fmt: skip
def test_how_folders_are_read(folders, expected):
    found = ways(*folders)
    if expected is None:
        assert len(found) > 1
        assert any(places.get("test") == ("test", "") for places in found.values())
        assert {"cats": ("", "cats"), "dogs": ("", "dogs"), "test": ("", "test")} in found.values()
    else:
        assert found == expected


def test_places_of_decoders_are_taken_one_by_one_and_given_back(tmp_path):
    folder = tmp_path / "of" / "slots"
    with decoder_slot(folder, 2, 0), decoder_slot(folder, 2, 0):
        started = time.monotonic()
        with pytest.raises(TimeoutError), decoder_slot(folder, 2, started + 0.3):
            pass
        assert 0.3 <= time.monotonic() - started < 5
    with decoder_slot(folder, 1, 0):
        free = threading.Event()
        thread = threading.Thread(target=lambda: _hold(folder, free))
        thread.start()
        assert not free.wait(0.2)
    assert free.wait(20)
    thread.join()


def _hold(folder, free: threading.Event) -> None:
    with decoder_slot(folder, 1, time.monotonic() + 20):
        free.set()
