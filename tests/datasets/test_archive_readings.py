"""Layouts of archives as people have them, and how each is read: alone, or in several ways."""

import json

import pytest

from datasets.archive.question import Question
from datasets.errors import ArchiveRefused
from tests.datasets.archives import asked

TWO = ("cats", "dogs")


def images(*folders: str, each: int = 2) -> list[str]:
    return [f"{folder}/{n}.jpg".lstrip("/") for folder in folders for n in range(each)]


def inside(splits: tuple[str, ...], classes: tuple[str, ...] = TWO) -> list[str]:
    return images(*(f"{split}/{name}" for split in splits for name in classes))


def ways(question: Question) -> dict[str, tuple[set[str], set[str], int]]:
    """Return of each reading: splits, classes and how many files it leaves out."""
    found = {}
    for reading in question.readings:
        said = reading.as_json()
        found[said["layout"]] = (
            {one["name"] for one in said["splits"]},
            {one["name"] for one in said["classes"]},
            said["ignored"],
        )
    return found


CLEAR = {
    "image folder": (images(*TWO), "class_folders", "", "cats dogs"),
    "one enclosing folder and a readme": (
        [*images("pets/cats", "pets/dogs"), "pets/README.md", "LICENSE"],
        "class_folders", "", "cats dogs",
    ),
    "deep inside enclosing folders": (
        images("home/me/export/cats", "home/me/export/dogs"), "class_folders", "", "cats dogs",
    ),
    "animals.zip of the examples": (
        inside(("train", "validation")), "split_folders", "train validation", "cats dogs",
    ),
    "cifar10.zip of the examples": (
        inside(("train", "test")), "split_folders", "train test", "cats dogs",
    ),
    "a dotted name is a class": (images(".net", "java"), "class_folders", "", ".net java"),
    "Roboflow, folder export": (
        [*inside(("train", "valid", "test")), "README.roboflow.txt", "README.dataset.txt"],
        "split_folders", "train validation test", "cats dogs",
    ),
    "splits in other words and cases": (
        inside(("TRAINING", "Val", "Testing")),
        "split_folders", "train validation test", "cats dogs",
    ),
    "splits inside two enclosing folders": (
        [f"archive/data/{name}" for name in inside(("train", "test"))],
        "split_folders", "train test", "cats dogs",
    ),
    "an enclosing folder that speaks of splits": (
        [f"train_test_data/{name}" for name in inside(("train", "test"))],
        "split_folders", "train test", "cats dogs",
    ),
    "classes first, then splits": (
        images("cats/train", "cats/test", "dogs/train", "dogs/test"),
        "split_folders", "train test", "cats dogs",
    ),
    "a folder of images between split and class": (
        images("train/images/cats", "train/images/dogs", "test/images/cats"),
        "split_folders", "train test", "cats dogs",
    ),
    "a test set without classes": (
        [*inside(("train",)), *images("test")], "split_folders", "train test", "cats dogs",
    ),
    "tiny ImageNet: images of splits without classes": (
        images("train/n01/images", "train/n02/images", "val/images", "test/images"),
        "split_folders", "train validation test", "n01 n02",
    ),
    "numbers that name classes": (images("Type_1", "Type_2"), "class_folders", "", "Type_1 Type_2"),
    "a class that could be a part": (images("part1", "cats"), "class_folders", "", "cats part1"),
    "vehicles: a class called train": (
        images("train", "car", "bus"), "class_folders", "", "bus car train",
    ),
    "vehicles in splits": (
        inside(("train", "test"), ("train", "car")), "split_folders", "train test", "car train",
    ),
    "places: a class with the word in it": (
        images("train_station", "bus_station", "latest", "contest"),
        "class_folders", "", "bus_station contest latest train_station",
    ),
    "Teachable Machine, samples of classes": (
        images("Class 1", "Class 2"), "class_folders", "", "Class 1|Class 2",
    ),
    "a folder twice": (images("cats/cats", "dogs/dogs"), "class_folders", "", "cats dogs"),
    "every class with one folder inside": (
        images("cats/images", "dogs/images"), "class_folders", "", "cats dogs",
    ),
    "Custom Vision: images alone": (images(""), "unlabelled", "", ""),
    "images beside class folders": (
        [*images("cats", "dogs"), "loose.jpg"], "class_folders", "", "cats dogs",
    ),
    "files without endings": (["cats/0001", "dogs/0002"], "class_folders", "", "cats dogs"),
    "annotations beside classes": (
        [*images(*TWO), "annotations/a.json", "docs/paper.pdf"], "class_folders", "", "cats dogs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLEAR)
def test_a_clear_layout_goes_on_by_itself(case):
    files, layout, splits, classes = CLEAR[case]
    question = asked(dict.fromkeys(files, b"x"))
    assert question.taken is not None, question.why
    assert question.taken.layout == layout
    found_splits, found_classes, _ = ways(question)[layout]
    assert found_splits == set(splits.split())
    assert found_classes == set(classes.split("|") if "|" in classes else classes.split())


CATS_DOGS = {"cats", "dogs"}
TRAIN_TEST = {"train", "test"}
UNCLEAR = {
    "training_set and test_set": (
        inside(("training_set", "test_set")),
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 0),
            "class_folders": (set(), {"training_set", "test_set"}, 0),
        },
    ),
    "Kaggle's cats and dogs": (
        inside(("training_set/training_set", "test_set/test_set")),
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 0),
            "class_folders": (set(), {"training_set", "test_set"}, 0),
        },
    ),
    "Intel's scenes": (
        [
            *inside(("seg_train/seg_train", "seg_test/seg_test"), ("buildings", "sea")),
            *images("seg_pred/seg_pred"),
        ],
        {
            "split_folders": (TRAIN_TEST, {"buildings", "sea"}, 2),
            "class_folders": (set(), {"seg_train", "seg_test", "seg_pred"}, 0),
        },
    ),
    "splits in camel case": (
        inside(("TrainImages", "ValImages")),
        {
            "split_folders": ({"train", "validation"}, CATS_DOGS, 0),
            "class_folders": (set(), {"TrainImages", "ValImages"}, 0),
        },
    ),
    "one of the splits has a clear name": (
        inside(("train", "test_set")),
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 0),
            "class_folders": (set(), {"train", "test_set"}, 0),
        },
    ),
    "classes first, splits by hint": (
        images("cats/train_set", "cats/test_set", "dogs/train_set", "dogs/test_set"),
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 0),
            "class_folders": (set(), CATS_DOGS, 0),
        },
    ),
    "an only folder that may be a split": (
        images("my_train/cats", "my_train/dogs"),
        {
            "split_folders": ({"train"}, CATS_DOGS, 0),
            "class_folders": (set(), CATS_DOGS, 0),
        },
    ),
    "splits without classes": (
        images("train", "test"),
        {"split_only": (TRAIN_TEST, set(), 0), "class_folders": (set(), TRAIN_TEST, 0)},
    ),
    "folders in classes": (
        images("cats/a", "cats/b", "dogs"),
        {
            "class_folders": (set(), CATS_DOGS, 0),
            "innermost_folders": (set(), {"a", "b", "dogs"}, 0),
        },
    ),
    "a tree of kinds": (
        images("animals/cat", "animals/dog", "vehicles/car"),
        {
            "class_folders": (set(), {"animals", "vehicles"}, 0),
            "innermost_folders": (set(), {"cat", "dog", "car"}, 0),
        },
    ),
    "folders in classes in splits": (
        images("train/cats/a", "train/cats/b", "train/dogs", "test/dogs"),
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 0),
            "split_innermost_folders": (TRAIN_TEST, {"a", "b", "dogs"}, 0),
        },
    ),
    "a folder beside the splits": (
        [*inside(("train", "test")), *images("extra/cats", "extra/birds")],
        {
            "split_folders": (TRAIN_TEST, CATS_DOGS, 4),
            "class_folders": (set(), {"train", "test", "extra"}, 0),
            "innermost_folders": (set(), {"cats", "dogs", "birds"}, 0),
        },
    ),
    "one folder of images": (
        images("images"),
        {"class_folders": (set(), {"images"}, 0), "unlabelled": (set(), set(), 0)},
    ),
    "Label Studio and others: images in splits": (
        images("train/images", "valid/images"),
        {
            "split_folders": ({"train", "validation"}, {"images"}, 0),
            "split_only": ({"train", "validation"}, set(), 0),
        },
    ),
    "a test set without classes beside class folders": (
        images("cats", "dogs", "Test"),
        {
            "split_folders": ({"test"}, CATS_DOGS, 0),
            "class_folders": (set(), {"cats", "dogs", "Test"}, 0),
        },
    ),
    "HAM10000: folders that are parts of one set": (
        images("HAM10000_images_part_1", "HAM10000_images_part_2"),
        {
            "class_folders": (set(), {"HAM10000_images_part_1", "HAM10000_images_part_2"}, 0),
            "unlabelled": (set(), set(), 0),
        },
    ),
    "folders that are batches": (
        images("batch1", "batch2", "batch10"),
        {
            "class_folders": (set(), {"batch1", "batch2", "batch10"}, 0),
            "unlabelled": (set(), set(), 0),
        },
    ),
    "images and masks": (
        images("images", "masks"), {"class_folders": (set(), {"images", "masks"}, 0)},
    ),
    "images around an only class": (
        [*images("archive"), *images("archive/cats")],
        {
            "class_folders": (set(), {"archive"}, 0),
            "innermost_folders": (set(), {"archive", "cats"}, 0),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNCLEAR)
def test_an_unclear_layout_asks_and_shows_its_readings(case):
    files, readings = UNCLEAR[case]
    question = asked(dict.fromkeys(files, b"x"))
    assert question.taken is None
    assert ways(question) == readings
    assert len(question.why) > 40
    for reading in question.readings:
        said = reading.as_json()
        assert said["title"].lower() in question.why.lower() or len(readings) == 1
        assert set(said["examples"]) <= set(files)
        assert asked(dict.fromkeys(files, b"x"), layout=reading.layout).taken is not None


def test_a_layout_that_the_archive_has_not_asks_too():
    question = asked(dict.fromkeys(images(*TWO), b"x"), layout="labels_csv")
    assert question.taken is None
    assert "labels.csv" in question.why


BOX = b"0 0.5 0.5 0.25 0.25\n3 0.1 0.1 0.1 0.1\n"
VOC = b"<annotation><object><name>cat</name></object></annotation>"


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"data.yaml": b"nc: 2", "train/images/1.jpg": b"x", "train/labels/1.txt": BOX}, "YOLO"),
        ({"images/train/1.jpg": b"x", "labels/train/1.txt": BOX}, "YOLO"),
        ({"JPEGImages/1.jpg": b"x", "Annotations/1.xml": VOC}, "Pascal VOC"),
    ],
)
def test_exports_for_detection_are_refused_by_name(files, word):
    with pytest.raises(ArchiveRefused) as caught:
        asked(files)
    assert caught.value.code == "unsupported_layout"
    assert word in caught.value.detail
    assert caught.value.hint


def test_texts_beside_images_are_no_boxes():
    files = {"cats/1.jpg": b"x", "cats/1.txt": b"a cat on a mat", "dogs/1.jpg": b"x"}
    assert ways(asked(files))["class_folders"][1] == CATS_DOGS


def coco(annotations: list[tuple[int, int]], boxes: bool, prefix: str = "") -> bytes:
    return json.dumps(
        {
            "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
            "images": [{"id": n, "file_name": f"{prefix}{n}.jpg"} for n in (1, 2)],
            "annotations": [
                {"image_id": image, "category_id": category}
                | ({"bbox": [0, 0, 5, 5]} if boxes else {})
                for image, category in annotations
            ],
        }
    ).encode()


def test_coco_gives_classes_only_where_each_image_has_one_category():
    files = {"train/1.jpg": b"x", "train/2.jpg": b"x"}
    clear = asked({**files, "train/_annotations.coco.json": coco([(1, 1), (2, 2)], boxes=False)})
    assert clear.taken is not None, clear.why
    taken = {c.name: (c.split, c.class_name) for c in clear.taken.plan.candidates}
    assert taken == {"1.jpg": ("train", "cat"), "2.jpg": ("train", "dog")}
    boxes = asked({**files, "annotations/instances_train.json": coco([(1, 1), (1, 1)], boxes=True)})
    assert boxes.taken is None
    assert set(ways(boxes)) == {"coco_categories", "split_only"}
    assert "boxes" in boxes.why
    with pytest.raises(ArchiveRefused) as caught:
        asked({**files, "train/_annotations.coco.json": coco([(1, 1), (1, 2)], boxes=True)})
    assert caught.value.code == "unsupported_layout"
    assert "Boxes are not classes" in caught.value.detail


def test_roboflows_table_of_classes_is_read():
    table = b"filename, cat, dog\n1.jpg, 1, 0\n2.jpg, 0, 1\n3.jpg, 1, 1\n4.jpg, 0, 0\n"
    files = {f"{split}/{n}.jpg": b"x" for split in ("train", "valid") for n in (1, 2, 3, 4)}
    question = asked({**files, "train/_classes.csv": table, "valid/_classes.csv": table})
    assert question.taken is None
    assert "2 images with several classes" in question.why
    plan = question.readings[0].plan
    assert {c.name: (c.split, c.class_name) for c in plan.candidates} == {
        "train/1.jpg": ("train", "cat"),
        "train/2.jpg": ("train", "dog"),
        "train/4.jpg": ("train", ""),
        "valid/1.jpg": ("validation", "cat"),
        "valid/2.jpg": ("validation", "dog"),
        "valid/4.jpg": ("validation", ""),
    }
    assert {(i.name, i.code) for i in plan.not_taken} == {
        ("train/3.jpg", "several_classes"),
        ("valid/3.jpg", "several_classes"),
    }
    with pytest.raises(ArchiveRefused, match="filename"):
        asked({**files, "_classes.csv": b"image,cat\n1.jpg,1\n"})
