import pytest

from datasets.archive.inspection import inspect
from datasets.archive.layout import Plan, plan_import
from datasets.archive.reader import read_member
from datasets.errors import ArchiveRefused
from tests.datasets.conftest import zipped
from tests.datasets.test_archive_rules import LIMITS


def plan(files: dict[str, bytes]) -> Plan:
    content = memoryview(zipped(files))
    return plan_import(inspect(content, LIMITS), lambda m: read_member(content, m))


def taken(files: list[str]) -> dict[str, tuple[str, str]]:
    found = plan(dict.fromkeys(files, b"x"))
    return {c.name: (c.split, c.class_name) for c in found.candidates}


def left_out(found: Plan) -> dict[str, tuple[str, str]]:
    return {item.name: (item.outcome, item.code) for item in found.not_taken}


def test_class_folders():
    assert taken(["cat/1.jpg", "dog/2.jpg"]) == {
        "cat/1.jpg": ("", "cat"),
        "dog/2.jpg": ("", "dog"),
    }


def test_split_folders_with_class_folders():
    files = ["train/cat/1.jpg", "validation/cat/2.jpg", "test/dog/3.jpg", "val/dog/4.jpg"]
    assert taken(files) == {
        "train/cat/1.jpg": ("train", "cat"),
        "validation/cat/2.jpg": ("validation", "cat"),
        "test/dog/3.jpg": ("test", "dog"),
        "val/dog/4.jpg": ("validation", "dog"),
    }


@pytest.mark.parametrize("inner", ["cat/1.jpg", "train/cat/1.jpg"])
def test_one_enclosing_folder_is_allowed(inner):
    other = inner.replace("cat", "dog")
    assert set(taken([f"animals/{inner}", f"animals/{other}"])) == {inner, other}


def test_one_class_alone_is_not_an_enclosing_folder():
    assert taken(["cat/1.jpg", "cat/2.jpg"]) == {"cat/1.jpg": ("", "cat"), "cat/2.jpg": ("", "cat")}


def test_subfolders_of_a_class_belong_to_it():
    assert taken(["cat/a/1.jpg", "dog/1.jpg"])["cat/a/1.jpg"] == ("", "cat")


def test_images_beside_no_folder_stay_unlabelled():
    assert taken(["1.jpg", "2.jpg"]) == {"1.jpg": ("", ""), "2.jpg": ("", "")}


def test_junk_is_skipped_and_counted():
    found = plan(
        dict.fromkeys(
            ["cat/1.jpg", "cat/Thumbs.db", ".DS_Store", "__MACOSX/cat/._1.jpg", "README.md"], b"x"
        )
    )
    assert [c.name for c in found.candidates] == ["cat/1.jpg"]
    assert left_out(found) == {
        "cat/Thumbs.db": ("skipped", "junk"),
        ".DS_Store": ("skipped", "junk"),
        "__MACOSX/cat/._1.jpg": ("skipped", "junk"),
        "README.md": ("skipped", "not_in_a_class"),
    }


def test_a_file_beside_the_split_folders_is_reported():
    found = plan(dict.fromkeys(["train/cat/1.jpg", "extra/cat/2.jpg"], b"x"))
    assert left_out(found) == {"extra/cat/2.jpg": ("rejected", "outside_split_folders")}


TABLE = "file,class_name,split,camera\na.png,cat,train,X1\nsub/b.png,dog,,\n"


@pytest.mark.parametrize("prefix", ["", "birds/"])
def test_labels_csv_gives_class_split_and_metadata(prefix):
    files = {
        f"{prefix}labels.csv": TABLE.encode("utf-8-sig"),
        f"{prefix}a.png": b"x",
        f"{prefix}sub/b.png": b"x",
    }
    found = plan(files)
    assert [(c.name, c.class_name, c.split, c.metadata) for c in found.candidates] == [
        ("a.png", "cat", "train", {"camera": "X1"}),
        ("sub/b.png", "dog", "", {}),
    ]
    assert found.not_taken == []


def test_labels_csv_faults_are_reported_line_by_line():
    table = "file,class_name,split\na.png,cat,\nmissing.png,cat,\nb.png,cat,holdout\na.png,dog,\n"
    found = plan({"labels.csv": table.encode(), "a.png": b"x", "b.png": b"x", "c.png": b"x"})
    assert [c.name for c in found.candidates] == ["a.png"]
    assert [(i.name, i.outcome, i.code) for i in found.not_taken] == [
        ("missing.png", "rejected", "missing_file"),
        ("b.png", "rejected", "unknown_split"),
        ("a.png", "rejected", "missing_file"),
        ("c.png", "skipped", "not_in_labels_csv"),
    ]


@pytest.mark.parametrize(
    "table",
    [
        b"name,label\n",
        b"\xff\xfe\x00",
        b"",
        b"file,class_name,x,x\n",
        b'file,class_name\n"a\0',
        # Postgres has no text with a NUL: neither as a column's name nor as that of a file.
        b"file,class_name,x\0\na.png,cat,1\n",
        b"file,class_name\na.png,cat\nb\0.png,cat\n",
    ],
)
def test_an_unreadable_labels_csv_is_refused(table):
    with pytest.raises(ArchiveRefused) as caught:
        plan({"labels.csv": table, "a.png": b"x"})
    assert caught.value.code in ("bad_labels_csv", "no_images")


def test_text_files_alone_are_refused_with_a_sentence():
    with pytest.raises(ArchiveRefused) as caught:
        plan({"a.txt": b"x", "b.txt": b"x"})
    assert caught.value.code == "no_images"
    assert "class" in caught.value.detail
