import pytest

from datasets.archive.plan import Plan
from datasets.errors import ArchiveRefused
from tests.datasets.archives import asked


def plan(files: dict[str, bytes], **choice: str) -> Plan:
    question = asked(files, **choice)
    assert question.taken, question.why
    return question.taken.plan


def taken(files: list[str], **choice: str) -> dict[str, tuple[str, str]]:
    found = plan(dict.fromkeys(files, b"x"), **choice)
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


def test_subfolders_of_a_class_belong_to_it_when_somebody_says_so():
    files = ["cat/a/1.jpg", "dog/1.jpg"]
    assert asked(dict.fromkeys(files, b"x")).taken is None
    assert taken(files, layout="class_folders")["cat/a/1.jpg"] == ("", "cat")
    assert taken(files, layout="innermost_folders")["cat/a/1.jpg"] == ("", "a")


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
    files = dict.fromkeys(["train/cat/1.jpg", "extra/cat/2.jpg"], b"x")
    assert asked(files).taken is None
    found = plan(files, layout="split_folders")
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
    assert found.candidates == []
    assert [(i.name, i.outcome, i.code) for i in found.not_taken] == [
        ("a.png", "rejected", "named_twice"),
        ("missing.png", "rejected", "missing_file"),
        ("b.png", "rejected", "unknown_split"),
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
    assert caught.value.code == "bad_labels_csv"


def test_text_files_alone_are_refused_with_a_sentence():
    with pytest.raises(ArchiveRefused) as caught:
        plan({"a.txt": b"x", "b.txt": b"x"})
    assert caught.value.code == "no_images"
    assert "class" in caught.value.detail


SEVERAL = "file,class_name\na.png,cat\nb.png,dog\n"


@pytest.mark.parametrize(
    "table",
    [
        SEVERAL,
        "file,class_name,,\na.png,cat,,\nb.png,dog,,\n,,,\n",
        SEVERAL.replace(",", ";"),
        SEVERAL.replace(",", "\t"),
        "sep=;\r\n" + SEVERAL.replace(",", ";").replace("\n", "\r\n"),
        "File,Class_Name\na.png,cat\nb.png,dog\n",
        '"file","class_name"\n"a.png","cat"\n"b.png","dog"\n',
        'note;file;class_name\n"a; b";a.png;cat\n;b.png;dog\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_as_spreadsheets_write_them(table, encoding):
    found = plan({"labels.csv": table.encode(encoding), "a.png": b"x", "b.png": b"x"})
    assert {c.name: c.class_name for c in found.candidates} == {"a.png": "cat", "b.png": "dog"}
    assert found.not_taken == []


def test_a_file_that_a_table_names_twice_has_a_class_only_where_both_say_the_same():
    table = b"file,class_name\na.png,cat\nb.png,dog\na.png,cat\nb.png,cat\n"
    found = plan({"labels.csv": table, "a.png": b"x", "b.png": b"x"})
    assert {c.name: c.class_name for c in found.candidates} == {"a.png": "cat"}
    assert left_out(found) == {"b.png": ("rejected", "named_twice")}
    assert "“dog” and “cat”" in found.not_taken[0].detail


def test_folders_of_splits_count_where_the_table_has_no_column_of_splits():
    files = {"train/1.png": b"x", "Test/2.png": b"x", "3.png": b"x"}
    table = "file,class_name\ntrain/1.png,cat\nTest/2.png,dog\n3.png,dog\n"
    found = plan({"labels.csv": table.encode(), **files})
    assert {c.name: c.split for c in found.candidates} == {
        "train/1.png": "train", "Test/2.png": "test", "3.png": "",
    }  # fmt: skip
    with_column = "file,class_name,split\ntrain/1.png,cat,test\nTest/2.png,dog,\n3.png,dog,train\n"
    found = plan({"labels.csv": with_column.encode(), **files})
    assert {c.name: c.split for c in found.candidates} == {
        "train/1.png": "test", "Test/2.png": "", "3.png": "train",
    }  # fmt: skip


def test_quotes_after_a_space_are_no_part_of_a_value():
    table = b'file, class_name, note\n"a.png", "cat", "x, y"\nb.png, dog,\n'
    found = plan({"labels.csv": table, "a.png": b"x", "b.png": b"x"})
    assert [(c.class_name, c.metadata) for c in found.candidates] == [
        ("cat", {"note": "x, y"}), ("dog", {}),
    ]  # fmt: skip


def test_metadata_that_is_too_long_is_said_and_never_cut():
    table = f"file,class_name,note\na.png,cat,{'x' * 501}\nb.png,dog,{'x' * 500}\n"
    found = plan({"labels.csv": table.encode(), "a.png": b"x", "b.png": b"x"})
    assert left_out(found) == {"a.png": ("rejected", "metadata_too_long")}
    assert "“note”" in found.not_taken[0].detail
    with pytest.raises(ArchiveRefused, match="80 characters"):
        plan({"labels.csv": f"file,class_name,{'x' * 81}\na.png,cat,1\n".encode(), "a.png": b"x"})


def test_a_table_beside_the_folders_of_images_is_read_or_asked_about():
    table = b"file,class_name\nimages/1.png,cat\nimages/2.png,dog\n"
    files = {"meta/labels.csv": table, "images/1.png": b"x", "images/2.png": b"x"}
    question = asked(files)
    assert question.taken is None
    assert [r.layout for r in question.readings][:2] == ["labels_csv", "class_folders"]
    assert taken_by_table(files) == {"images/1.png": "cat", "images/2.png": "dog"}
    files = {"a/labels.csv": b"file,class_name\n1.png,cat\n", "a/1.png": b"x", "b/2.png": b"x"}
    assert asked(files).taken is None
    assert taken_by_table(files) == {"a/1.png": "cat"}
    nothing = {
        "meta/labels.csv": b"file,class_name\nzebra.png,cat\n",
        **dict.fromkeys(["a/1.png", "b/2.png"], b"x"),
    }
    assert {c.class_name for c in plan(nothing).candidates} == {"a", "b"}


def taken_by_table(files: dict[str, bytes]) -> dict[str, str]:
    return {c.name: c.class_name for c in plan(files, layout="labels_csv").candidates}


def test_a_value_under_no_name_and_a_name_twice_are_said():
    table = b"file,class_name,\na.png,cat,left\nb.png,dog,\n"
    found = plan({"labels.csv": table, "a.png": b"x", "b.png": b"x"})
    assert left_out(found) == {"a.png": ("rejected", "unnamed_column")}
    assert "column 3" in found.not_taken[0].detail
    with pytest.raises(ArchiveRefused, match="twice: x"):
        plan({"labels.csv": b"file,class_name,x,x\na.png,cat,1,2\n", "a.png": b"x"})


def test_a_table_in_a_code_page_asks_which_one():
    files = {"labels.csv": "file,class_name\na.png,Grün\n".encode("cp1252"), "a.png": b"x"}
    question = asked(files)
    assert question.taken is None
    names = {r.encoding: r.plan.candidates[0].class_name for r in question.readings}
    assert "Grün" in names.values()
    page = next(page for page, name in names.items() if name == "Grün")
    assert plan(files, encoding=page).candidates[0].class_name == "Grün"


@pytest.mark.parametrize(
    ("named", "there"),
    [
        (("1", "2"), ("1.png", "2.png")),
        (("1.PNG", "2.PNG"), ("1.png", "2.png")),
        (("1.png", "2.png"), ("images/1.png", "images/2.png")),
        (("photos/1.jpg", "photos/2.jpg"), ("1.png", "2.png")),
    ],
)
def test_a_table_with_similar_names_is_a_reading_to_confirm(named, there):
    table = f"file,class_name\n{named[0]},red\n{named[1]},green\n"
    files = {"labels.csv": table.encode(), there[0]: b"x", there[1]: b"x"}
    question = asked(files)
    assert question.taken is None
    assert [r.layout for r in question.readings] == ["labels_csv_similar_names", "unlabelled"]
    found = plan(files, layout="labels_csv_similar_names")
    assert {c.name: c.class_name for c in found.candidates} == {there[0]: "red", there[1]: "green"}


@pytest.mark.parametrize("there", [("9.png", "8.png"), ("a/1.png", "b/1.png"), ("1.png", "1.jpg")])
def test_a_table_that_names_no_file_is_refused_with_names_of_both(there):
    files = {"labels.csv": b"file,class_name\n1,red\n2,green\n", **dict.fromkeys(there, b"x")}
    with pytest.raises(ArchiveRefused) as caught:
        asked(files)
    assert caught.value.code == "labels_match_nothing"
    assert "“1”, “2”" in caught.value.detail
    assert f"“{there[0]}”" in caught.value.detail
