"""Exports of other tools, in the form that the tool publishes: no label is lost, none is guessed.

Each archive is put together here in the format of the page that its module in `archive.tools`
names; `read` is (class, split) of each image that comes in, `out` the code of each that does not.
"""

import json
from dataclasses import replace
from zipfile import ZIP_STORED

import pytest

from datasets.archive.plan import Plan
from datasets.archive.question import Question, read_archive
from datasets.errors import ArchiveRefused
from tests.datasets.archives import LIMITS, asked
from tests.datasets.conftest import zipped

X = b"x"


def plan(question: Question, layout: str) -> Plan:
    """The first reading's plan; it is the one expected, and waits for a yes."""
    assert question.taken is None
    assert question.readings[0].layout == layout
    assert question.readings[0].tool
    assert question.readings[0].tool in question.why
    return question.readings[0].plan


def read(found: Plan) -> dict[str, tuple[str, str]]:
    return {one.name: (one.class_name, one.split) for one in found.candidates}


def out(found: Plan) -> dict[str, str]:
    return {one.name: one.code for one in found.not_taken if one.outcome == "rejected"}


def images(*names: str) -> dict[str, bytes]:
    return dict.fromkeys(names, X)


def refused(files: dict[str, bytes]) -> ArchiveRefused:
    with pytest.raises(ArchiveRefused) as caught:
        asked(files)
    return caught.value


AZURE_IDS = [f"{n}55651c9-0ba3-40a0-b33f-a46d39feb3ee" for n in range(6)]


def azure_image(number: int, *tags: str, **more) -> dict:
    return {
        "id": AZURE_IDS[number], "created": "2019-06-19T23:02:39.8757957", "width": 40,
        "originalImageUri": f"https://x.blob.core.windows.net/i/o-{number}?sv=1&sig=a%3D",
        "tags": [{"tagId": tag, "tagName": tag, "created": "2019-06-19"} for tag in tags],
        "regions": [], **more,
    }  # fmt: skip


def test_azure_custom_vision():
    tags = (["Hemlock"], ["Cherry"], ["Negative"], ["Cherry", "Hemlock"], [], ["Cherry"])
    tagged = [azure_image(number, *names) for number, names in enumerate(tags)]
    files = {
        "images.json": json.dumps(tagged).encode(),
        # As people save them: by the id, with and without hyphens, with the name beside it.
        f"pictures/{AZURE_IDS[0]}.jpg": X,
        f"pictures/{AZURE_IDS[1].replace('-', '').upper()}.png": X,
        **images(*(f"pictures/{one}_image.jpg" for one in AZURE_IDS[2:5]), "pictures/other.jpg"),
    }
    found = plan(question := asked(files), "azure_custom_vision")
    assert read(found) == {
        f"pictures/{AZURE_IDS[0]}.jpg": ("Hemlock", ""),
        f"pictures/{AZURE_IDS[1].replace('-', '').upper()}.png": ("Cherry", ""),
        f"pictures/{AZURE_IDS[2]}_image.jpg": ("Negative", ""),
        f"pictures/{AZURE_IDS[4]}_image.jpg": ("", ""),
        "pictures/other.jpg": ("", ""),
    }
    assert out(found) == {
        f"pictures/{AZURE_IDS[3]}_image.jpg": "several_classes",
        AZURE_IDS[5]: "missing_file",
    }
    assert "Negative" in question.why
    assert "1 image with several classes" in question.why


def test_azure_custom_vision_as_the_exporter_saves_it():
    saved = [
        {"id": one, "original_filename": f"image_{one}.jpg", "tags": tags,
         "saved_path": f"image_classification_projects/p/images/{tags[0]}/{one}_image_{one}.jpg"}
        for one, tags in zip(AZURE_IDS, (["a"], ["b", "a"]), strict=False)
    ]  # fmt: skip
    listed = {"project_id": "p", "tags": ["a", "b"], "images": saved}
    names = [f"{tags}/{one}_image_{one}.jpg" for tags, one in zip("ab", AZURE_IDS, strict=False)]
    found = plan(
        asked({"images_metadata.json": json.dumps(listed).encode(), **images(*names)}),
        "azure_custom_vision",
    )
    # The folder would have said “b” of an image that has two tags.
    assert read(found) == {names[0]: ("a", "")}
    assert out(found) == {names[1]: "several_classes"}


def test_regions_of_azure_are_refused_by_name():
    region = {"regionId": "r", "tagName": "a", "left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}
    listed = json.dumps([azure_image(0, "a", regions=[region])]).encode()
    error = refused({"images.json": listed, f"{AZURE_IDS[0]}.jpg": X})
    assert error.code == "unsupported_layout"
    assert "Azure Custom Vision for object detection" in error.detail


VERTEX_CSV = """test,gs://bucket/flowers/daisy/1.jpeg,daisy
TRAINING,gs://bucket/flowers/dandelion/1.jpeg,dandelion
gs://bucket/flowers/roses/3.png
gs://bucket/flowers/4.bmp,sunflowers
validation,gs://bucket/flowers/5.png,tulips
UNASSIGNED,gs://bucket/flowers/6.png,tulips
training,gs://bucket/flowers/7.png,tulips,closeup
holdout,gs://bucket/flowers/8.png,tulips
test,gs://bucket/../../etc/passwd,roses
"""


def test_vertex_ai_csv():
    names = ["daisy/1.jpeg", "dandelion/1.jpeg", "roses/3.png", *(f"{n}.png" for n in (5, 6, 7, 8))]
    found = plan(asked({"import.csv": VERTEX_CSV.encode(), **images(*names, "4.bmp")}), "vertex_ai")
    assert read(found) == {
        "daisy/1.jpeg": ("daisy", "test"),
        "dandelion/1.jpeg": ("dandelion", "train"),
        "roses/3.png": ("", ""),
        "4.bmp": ("sunflowers", ""),
        "5.png": ("tulips", "validation"),
        "6.png": ("tulips", ""),
    }
    assert out(found) == {
        "7.png": "several_classes", "8.png": "unknown_split", "etc/passwd": "missing_file",
    }  # fmt: skip


def test_vertex_ai_json_lines():
    use = "aiplatform.googleapis.com/ml_use"
    lines = [
        {"imageGcsUri": "gs://b/1.jpeg", "classificationAnnotation": {"displayName": "daisy"},
         "dataItemResourceLabels": {use: "test"}},
        {"imageGcsUri": "gs://b/2.gif", "classificationAnnotations": [{"displayName": "roses"}],
         "dataItemResourceLabels": {use: "training"}},
        {"imageGcsUri": "gs://b/3.png",
         "classificationAnnotations": [{"displayName": "a"}, {"displayName": "b"}]},
        {"imageGcsUri": "gs://b/4.png"},
    ]  # fmt: skip
    table = "\n".join(map(json.dumps, lines)).encode("utf-8-sig")
    found = plan(
        asked({"data.jsonl": table, **images("1.jpeg", "2.gif", "3.png", "4.png")}), "vertex_ai"
    )
    assert read(found) == {
        "1.jpeg": ("daisy", "test"), "2.gif": ("roses", "train"), "4.png": ("", ""),
    }  # fmt: skip
    assert out(found) == {"3.png": "several_classes"}


def test_an_export_in_many_files_is_read_whole():
    shards = {f"list-{n:05}.csv": f"gs://b/{n}.png,c{n}\n".encode() for n in range(40)}
    files = {**shards, **images(*(f"{n}.png" for n in range(40)))}
    assert set(read(plan(asked(files), "vertex_ai")).values()) == {
        (f"c{n}", "") for n in range(40)
    }  # fmt: skip
    lines = {f"{n}/metadata.csv": b"file_name,label\n1.png,cat\n" for n in range(40)}
    files = {**lines, **images(*(f"{n}/1.png" for n in range(40)))}
    assert set(read(plan(asked(files), "hugging_face")).values()) == {("cat", "")}
    tables = {f"part-{n}.csv": f"id,label\n{n},c{n}\n".encode() for n in range(40)}
    files = {**tables, **images(*(f"all/{n}.png" for n in range(40)))}
    assert len(set(read(plan(asked(files), "kaggle_table")).values())) == 40


def test_files_past_a_thousand_of_the_kind_are_not_opened_and_counted():
    shards = {f"{n:05}.csv": b"gs://b/1.png,cat\n" for n in range(1002)}
    limits = replace(LIMITS, max_entries=2000)
    question = read_archive(memoryview(zipped({**shards, "1.png": X})), limits)
    plan(question, "vertex_ai")
    document = {"images": [{"id": 1, "file_name": "1.png"}], "annotations": [], "categories": []}
    many = {f"{n:05}.json": json.dumps(document).encode() for n in range(1001)}
    coco = read_archive(memoryview(zipped({**many, "1.png": X})), limits)
    assert coco.taken is None
    assert "“01000.json” was not looked into" in coco.why
    assert "2 files such as “01001.csv” were not looked into" in question.why


def test_boxes_of_vertex_ai_are_refused_by_name():
    box = b"TEST,gs://b/1.jpg,cat,0.1,0.1,,,0.3,0.3,,\n"
    assert "Vertex AI for object detection" in refused({"a.csv": box, "1.jpg": X}).detail
    line = {"imageGcsUri": "gs://b/1.jpg", "boundingBoxAnnotations": [{"displayName": "cat"}]}
    error = refused({"a.jsonl": json.dumps(line).encode(), "1.jpg": X})
    assert error.code == "unsupported_layout"


def test_addresses_without_images_beside_say_what_to_do():
    error = refused({"import.csv": VERTEX_CSV.encode(), "other.jpg": X})
    assert error.code == "labels_match_nothing"
    assert "an export of Vertex AI" in error.detail
    assert "opens no addresses" in (error.hint or "")


def choice(*chosen: str, name: str = "choice") -> dict:
    return {"id": "x", "type": "choices", "from_name": name, "to_name": "image",
            "value": {"choices": list(chosen)}}  # fmt: skip


def task(number: int, image: str, *annotations: dict, **data) -> dict:
    return {"id": number, "data": {"image": image, **data}, "annotations": list(annotations)}


def answer(*results: dict, **more) -> dict:
    return {"id": 1, "result": list(results), "was_cancelled": False, "completed_by": 1, **more}


def test_label_studio():
    tasks = [
        task(1, "/data/upload/3/0a1b2c3d-cat_1.jpg", answer(choice("cat")), ward="A"),
        task(2, "/data/local-files/?d=my%20cats/2.jpg", *[answer(choice("cat"))] * 2),
        task(3, "s3://bucket/dogs/2.jpg", answer(choice("dog")), answer(choice("cat"))),
        task(4, "https://example.org/dogs/4.jpg?sig=a%2Fb", answer(choice("dog", "cat"))),
        task(5, "5.jpg", answer(was_cancelled=True)),
        {**task(6, "6.jpg"), "predictions": [{"result": [choice("cat")], "score": 0.9}]},
        task(7, "data:image/png;base64,iVBORw0KGgo="),
        task(8, "gone.jpg", answer(choice("dog"))),
        task(9, "9.jpg", answer(choice("dog")), answer(choice("cat"), ground_truth=True)),
        task(10, "file:///etc/passwd", answer(choice("dog"))),
        task(11, "../../../11.jpg", answer(choice("dog"))),
    ]  # fmt: skip
    files = {
        "project-3-at-2026.json": json.dumps(tasks).encode(),
        **images("images/0a1b2c3d-cat_1.jpg", "my cats/2.jpg", "dogs/2.jpg", "dogs/4.jpg"),
        **images("5.jpg", "6.jpg", "9.jpg", "11.jpg", "extra.jpg"),
    }
    found = plan(question := asked(files), "label_studio")
    assert read(found) == {
        "images/0a1b2c3d-cat_1.jpg": ("cat", ""),
        "my cats/2.jpg": ("cat", ""),
        "5.jpg": ("", ""),
        "6.jpg": ("", ""),
        "9.jpg": ("cat", ""),
        "11.jpg": ("dog", ""),
        "extra.jpg": ("", ""),
    }
    assert out(found) == {
        "dogs/2.jpg": "annotators_disagree",
        "dogs/4.jpg": "several_classes",
        "(task 7)": "picture_inside",
        "gone.jpg": "missing_file",
        "etc/passwd": "missing_file",
    }
    assert found.candidates[0].metadata == {"ward": "A"}
    for said in ("1 image has only a model’s prediction", "1 task was skipped"):
        assert said in question.why


def test_label_studio_finds_uploads_by_their_own_names():
    tasks = [task(1, "/data/upload/3/0a1b2c3d-cat.jpg", answer(choice("cat")))]
    found = plan(asked({"a.json": json.dumps(tasks).encode(), "x/cat.jpg": X}), "label_studio")
    assert read(found) == {"x/cat.jpg": ("cat", "")}


def test_label_studio_in_its_short_form():
    lines = [
        {"image": "/data/upload/1/aaaaaaaa-1.jpg", "id": 1, "choice": "cat", "annotator": 1,
         "annotation_id": 1, "lead_time": 2.5},
        {"image": "/data/upload/1/aaaaaaaa-1.jpg", "id": 1, "choice": "dog", "annotator": 2,
         "annotation_id": 2, "lead_time": 2.5},
        {"image": "/data/upload/1/aaaaaaaa-2.jpg", "id": 2, "choice": "dog", "annotator": 1,
         "annotation_id": 3, "lead_time": 2.5},
        {"image": "/data/upload/1/aaaaaaaa-3.jpg", "id": 3, "choice": {"choices": ["a", "b"]},
         "annotator": 1, "annotation_id": 4, "lead_time": 2.5},
    ]  # fmt: skip
    table = json.dumps(lines).encode()
    found = plan(asked({"min.json": table, **images("1.jpg", "2.jpg", "3.jpg")}), "label_studio")
    assert read(found) == {"2.jpg": ("dog", "")}
    assert out(found) == {"1.jpg": "annotators_disagree", "3.jpg": "several_classes"}
    for line in lines:
        line["kind"] = line.pop("choice")
        line["note"] = "said something"
    error = refused({"min.json": json.dumps(lines).encode(), **images("1.jpg")})
    assert "Export it as JSON" in (error.hint or "")


def test_label_studio_as_a_table():
    table = (
        "image,id,choice,annotator,annotation_id,created_at,updated_at,lead_time\n"
        "/data/upload/1/aaaaaaaa-1.jpg,1,cat,1,1,2026-01-01,2026-01-01,2.5\n"
        "/data/upload/1/aaaaaaaa-1.jpg,1,dog,2,2,2026-01-01,2026-01-01,2.5\n"
        "/data/upload/1/aaaaaaaa-2.jpg,2,dog,1,3,2026-01-01,2026-01-01,2.5\n"
        '/data/upload/1/aaaaaaaa-3.jpg,3,"{""choices"":[""a"",""b""]}",1,4,2026,2026,2.5\n'
        "/data/upload/1/aaaaaaaa-4.jpg,4,,1,5,2026-01-01,2026-01-01,2.5\n"
        '/data/upload/1/aaaaaaaa-5.jpg,5,"[not json",1,6,2026-01-01,2026-01-01,2.5\n'
        '/data/upload/1/aaaaaaaa-6.jpg,6,"{""a"": 1}",1,7,2026-01-01,2026-01-01,2.5\n'
        '/data/upload/1/aaaaaaaa-7.jpg,7,"[1, 2]",1,8,2026-01-01,2026-01-01,2.5\n'
        ",8,cat,1,9,2026-01-01,2026-01-01,2.5\n"
        ",9,dog,1,10,2026-01-01,2026-01-01,2.5\n"
    )
    names = [f"{number}.jpg" for number in range(1, 8)]
    found = plan(asked({"project-1.csv": table.encode(), **images(*names)}), "label_studio")
    assert read(found) == {
        "2.jpg": ("dog", ""), "4.jpg": ("", ""), "5.jpg": ("[not json", ""),
        "6.jpg": ('{"a": 1}', ""), "7.jpg": ("[1, 2]", ""),
    }  # fmt: skip
    assert out(found) == {
        "1.jpg": "annotators_disagree", "3.jpg": "several_classes",
        "(task 8)": "no_image", "(task 9)": "no_image",
    }  # fmt: skip


def test_boxes_in_a_table_of_label_studio_are_refused_by_name():
    cell = json.dumps([{"x": 1, "y": 2, "rectanglelabels": ["cat"]}]).replace('"', '""')
    table = f'image,id,label,annotator,annotation_id,lead_time\n1.jpg,1,"{cell}",1,1,2.5\n'
    error = refused({"project-1.csv": table.encode(), "1.jpg": X})
    assert (error.code, "mark regions" in error.detail) == ("unsupported_layout", True)


def test_label_studio_with_two_questions_says_which_is_the_class():
    both = answer(choice("cat", name="choice"), choice("sharp", name="quality"))
    tasks = [task(1, "1.jpg", both), task(2, "2.jpg", answer(choice("dog")))]
    found = plan(
        question := asked({"a.json": json.dumps(tasks).encode(), **images("1.jpg", "2.jpg")}),
        "label_studio",
    )
    assert read(found) == {"1.jpg": ("cat", ""), "2.jpg": ("dog", "")}
    assert found.candidates[0].metadata == {"quality": "sharp"}
    assert "The class is the answer to “choice”; “quality” becomes metadata" in question.why


LARGE = json.dumps([task(1, "1.jpg", answer(choice("cat")), note="n" * (4 << 20))]).encode()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("export.json", LARGE, "one of its entries has more than 4,194,304 characters"),
        ("export.json", b'[{"id": 1, "data": {"image"', "it is damaged or cut off"),
        ("export.json", b'{"dm_format_version": "1.0", "categories": {"label"', "cut off"),
        ("metadata.jsonl", b'{"file_name": "1.jpg", "label": ', "cut off"),
    ],
)
def test_a_file_that_may_be_an_export_and_cannot_be_read_is_named(name, content, why):
    files = {name: content, **images("camera 1/1.jpg", "camera 2/2.jpg")}
    question = asked(files)
    assert question.taken is None
    assert f"“{name}” may hold classes and cannot be read: " in question.why
    assert why in question.why
    assert asked(files, layout="class_folders").taken is not None
    whole = json.dumps([task(2, "2.jpg", answer(choice("dog")))]).encode()
    beside = asked({"whole.json": whole, **files}) if name == "export.json" else None
    assert beside is None or name in beside.readings[0].note


def test_other_json_is_no_reason_to_ask():
    for content in (
        b"{}",
        b"[1, 2]",
        b'{"a": 1}\n{"b": 2}\n',
        b"",
        b"// none",
        b'{"a": {"b": []}}',
    ):
        files = {"any.json": content, "more.jsonl": content, **images("cat/1.jpg", "dog/2.jpg")}
        assert asked(files).taken is not None, content


def test_boxes_of_label_studio_are_refused_by_name():
    box = {"type": "rectanglelabels", "value": {"x": 1, "rectanglelabels": ["cat"]}}
    tasks = [task(1, "1.jpg", answer(box))]
    error = refused({"a.json": json.dumps(tasks).encode(), "1.jpg": X})
    assert (error.code, "mark regions" in error.detail) == ("unsupported_layout", True)


def datumaro(*items: dict, labels: tuple[str, ...] = ("cat", "dog")) -> bytes:
    names = [{"name": name, "parent": "", "attributes": []} for name in labels]
    return json.dumps({
        "dm_format_version": "1.0", "media_type": 2, "infos": {},
        "categories": {"label": {"label_groups": [], "labels": names, "attributes": []},
                       "points": {"items": []}},
        "items": items,
    }).encode()  # fmt: skip


def item(name: str, *label_ids: int, **more) -> dict:
    tags = [{"id": 0, "type": "label", "attributes": {"seen": "yes"}, "group": 0, "label_id": one}
            for one in label_ids]  # fmt: skip
    return {"id": name, "annotations": tags, "attr": {"frame": 0},
            "image": {"path": f"{name}.jpg", "size": [10, 12]}, **more}  # fmt: skip


def test_cvat_datumaro():
    box = {"id": 1, "type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]}
    boxed = {**item("boxed"), "annotations": [*item("boxed", 1)["annotations"], box]}
    files = {
        "annotations/train.json": datumaro(item("a", 0), item("sub/b", 1), boxed, item("e", 7)),
        "annotations/default.json": datumaro(item("c"), item("d", 0, 1)),
        **images("images/train/a.jpg", "images/train/sub/b.jpg", "images/train/boxed.jpg"),
        **images("images/train/e.jpg", "images/default/c.jpg", "images/default/d.jpg"),
    }
    found = plan(question := asked(files), "datumaro")
    assert read(found) == {
        "images/train/a.jpg": ("cat", "train"),
        "images/train/sub/b.jpg": ("dog", "train"),
        "images/train/boxed.jpg": ("dog", "train"),
        "images/default/c.jpg": ("", ""),
    }
    assert out(found) == {
        "images/train/e.jpg": "unknown_label", "images/default/d.jpg": "several_classes",
    }  # fmt: skip
    assert "1 box or other shape is left out" in question.why
    assert found.candidates[1].metadata == {"seen": "yes"}


def test_subsets_of_datumaro_may_have_images_of_one_name():
    files = {
        "annotations/train.json": datumaro(item("1", 0), item("gone", 1)),
        "annotations/val.json": datumaro(item("1", 1), item("2", 0)),
        # Older versions wrote no folder of the subset.
        **images("images/train/1.jpg", "images/val/1.jpg", "images/2.jpg", "images/val/gone.jpg"),
    }
    found = plan(asked(files), "datumaro")
    assert read(found) == {
        "images/train/1.jpg": ("cat", "train"), "images/val/1.jpg": ("dog", "validation"),
        "images/2.jpg": ("cat", "validation"), "images/val/gone.jpg": ("", "validation"),
    }  # fmt: skip
    assert out(found) == {"train/gone.jpg": "missing_file"}


def test_shapes_of_datumaro_are_refused_by_name():
    box = {"id": 1, "type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]}
    table = datumaro({**item("a"), "annotations": [box]})
    error = refused({"annotations/default.json": table, "images/default/a.jpg": X})
    assert "1 shapes and no labels of whole images" in error.detail


def test_cvat_imagenet_as_lists():
    files = {
        "synsets.txt": b"cat\ndog house\n",
        "train.txt": b'a.jpg 0\n"b c.jpg" 1\n"sub/d e".jpg 1\nf.jpg 0 1\ng.jpg\nh.jpg 9\n',
        **images("images/a.jpg", "images/b c.jpg", "images/sub/d e.jpg", "images/f.jpg"),
        **images("images/g.jpg", "images/h.jpg"),
    }
    found = plan(asked(files), "imagenet_lists")
    assert read(found) == {
        "images/a.jpg": ("cat", "train"),
        "images/b c.jpg": ("dog house", "train"),
        "images/sub/d e.jpg": ("dog house", "train"),
        "images/g.jpg": ("", "train"),
    }
    assert out(found) == {"images/f.jpg": "several_classes", "images/h.jpg": "unknown_label"}


def test_cvat_imagenet_as_folders():
    files = images("cat/cat_a.jpg", "dog/dog_b.jpg", "no_label/c.jpg")
    found = plan(asked(files), "class_folders")
    assert read(found) == {
        "cat/cat_a.jpg": ("cat", ""), "dog/dog_b.jpg": ("dog", ""), "no_label/c.jpg": ("", ""),
    }  # fmt: skip


def roboflow(name: str, number: int) -> str:
    return f"{name}_jpg.rf.{number:032x}.jpg"


def test_roboflow_folders_keep_augmented_copies_together():
    copies = [f"train/cat/{roboflow('1', n)}" for n in range(3)]
    files = images(*copies, f"train/dog/{roboflow('1', 9)}", f"valid/dog/{roboflow('2', 9)}",
                   "README.roboflow.txt", "README.dataset.txt")  # fmt: skip
    question = asked(files)
    assert question.taken is not None
    assert question.taken.tool == "Roboflow"
    assert {one.name: one.metadata for one in question.taken.plan.candidates} == {
        **{name: {"original_image": "cat/1_jpg"} for name in copies},
        f"train/dog/{roboflow('1', 9)}": {"original_image": "dog/1_jpg"},
        f"valid/dog/{roboflow('2', 9)}": {"original_image": "dog/2_jpg"},
    }
    assert "3 files are augmented copies that Roboflow made of 1 picture." in question.taken.note


def test_roboflow_table():
    table = f"filename, cat, dog\n{roboflow('1', 1)}, 1, 0\n{roboflow('1', 2)}, 1, 0\n"
    table += f"{roboflow('3', 3)}, 1, 1\n{roboflow('4', 4)}, 0, 0\n"
    names = [f"train/{roboflow(*one)}" for one in (("1", 1), ("1", 2), ("3", 3), ("4", 4))]
    found = plan(
        asked({"train/_classes.csv": table.encode(), "README.roboflow.txt": X, **images(*names)}),
        "classes_csv",
    )
    assert {name.rsplit("/", 1)[-1]: place for name, place in read(found).items()} == {
        roboflow("1", 1): ("cat", "train"),
        roboflow("1", 2): ("cat", "train"),
        roboflow("4", 4): ("", "train"),
    }
    assert list(out(found).values()) == ["several_classes"]
    assert [one.metadata for one in found.candidates[:2]] == [{"original_image": "cat/1_jpg"}] * 2


def test_ultralytics_and_torchvision_folders_go_on_by_themselves():
    files = images(*(f"cifar/{split}/{name}/1.png" for split in ("train", "val", "test")
                     for name in ("airplane", "bird")))  # fmt: skip
    question = asked(files)
    assert question.taken is not None
    assert read(question.taken.plan) == {
        f"{split}/{name}/1.png": (name, {"val": "validation"}.get(split, split))
        for split in ("train", "val", "test")
        for name in ("airplane", "bird")
    }


def test_teachable_machine():
    found = plan(asked(images("Class 1-samples/0.jpg", "Class 2-samples/0.jpg")), "class_folders")
    assert read(found) == {
        "Class 1-samples/0.jpg": ("Class 1", ""), "Class 2-samples/0.jpg": ("Class 2", ""),
    }  # fmt: skip
    found = plan(asked(images("0.jpg", "1.jpg"), name="Class 1-samples.zip"), "archive_name")
    assert read(found) == {"0.jpg": ("Class 1", ""), "1.jpg": ("Class 1", "")}
    assert asked(images("0.jpg"), name="holiday.zip").taken is not None


def test_teachable_machine_zips_in_a_zip():
    inner = zipped(images("0.jpg", "1.jpg", ".DS_Store"))
    files = {"mine/Class 1-samples.zip": inner, "mine/Class 2-samples.zip": zipped({"0.jpg": X})}
    question = read_archive(memoryview(zipped(files, ZIP_STORED)), LIMITS)
    found = plan(question, "class_folders")
    assert read(found) == {
        "Class 1-samples/0.jpg": ("Class 1", ""),
        "Class 1-samples/1.jpg": ("Class 1", ""),
        "Class 2-samples/0.jpg": ("Class 2", ""),
    }
    assert {(one.name, one.code) for one in found.not_taken} == {
        ("mine/Class 1-samples/.DS_Store", "junk")
    }
    deeper = zipped({"a-samples.zip": inner, "0.jpg": X}, ZIP_STORED)
    with_more = {"b-samples.zip": deeper, "c-samples.zip": b"no zip"}
    question = read_archive(memoryview(zipped(with_more, ZIP_STORED)), LIMITS)
    assert read(question.readings[0].plan) == {"b-samples/0.jpg": ("b", "")}
    assert {(one.name, one.code) for one in question.readings[0].plan.not_taken} == {
        ("b-samples/a-samples.zip", "nested_archive"), ("c-samples.zip", "not_a_zip"),
    }  # fmt: skip
    assert refused(files).code == "nested_archive"


def test_hugging_face_with_a_column_of_classes():
    readme = (
        "---\ndataset_info:\n  features:\n  - name: image\n    dtype: image\n  - name: label\n"
        "    dtype:\n      class_label:\n        names:\n          '0': cat\n"
        "          '1': dog\n---\n"
    )
    table = "file_name,label,site\n0001.png,0,north\nsub/0002.png,1,south\n0003.png,,north\n"
    lines = '{"file_name": "1.png", "label": 1, "site": 4}\n{"file_name": "gone.png", "label": 0}\n'
    files = {
        "README.md": readme.encode(),
        "train/metadata.csv": table.encode(),
        "test/metadata.jsonl": lines.encode(),
        **images("train/0001.png", "train/sub/0002.png", "train/0003.png", "test/1.png"),
    }
    found = plan(asked(files), "hugging_face")
    assert read(found) == {
        "train/0001.png": ("cat", "train"),
        "train/sub/0002.png": ("dog", "train"),
        "train/0003.png": ("", "train"),
        "test/1.png": ("dog", "test"),
    }
    assert out(found) == {"test/gone.png": "missing_file"}
    assert [one.metadata["site"] for one in found.candidates] == ["4", "north", "south", "north"]
    del files["README.md"]
    question = asked(files)
    assert {one.class_name for one in question.readings[0].plan.candidates} == {"", "0", "1"}
    assert "Its classes are numbers" in question.why


def test_hugging_face_names_files_relative_to_the_table():
    table = b"file_name,label\n0007.png,cat\n0008.PNG,dog\n"
    files = {"train/metadata.csv": table, **images("train/0008.png", "test/0007.png")}
    found = plan(asked(files), "hugging_face")
    assert read(found) == {"train/0008.png": ("dog", "train"), "test/0007.png": ("", "test")}
    assert out(found) == {"train/0007.png": "missing_file"}


def test_hugging_face_without_classes_describes_what_folders_name():
    table = b"file_name,site\ncat/1.png,north\ndog/1.png,south\n"
    files = {"train/metadata.csv": table, **images("train/cat/1.png", "train/dog/1.png")}
    question = asked(files)
    assert question.taken is not None
    described = {one.name: (one.class_name, one.metadata) for one in question.taken.plan.candidates}
    assert described == {
        "train/cat/1.png": ("cat", {"site": "north"}),
        "train/dog/1.png": ("dog", {"site": "south"}),
    }
    assert question.taken.plan.not_taken == []
    boxes = b'{"file_name": "1.png", "objects": {"bbox": [[1, 2, 3, 4]], "categories": [0]}}\n'
    assert "object detection" in refused({"metadata.jsonl": boxes, "1.png": X}).detail


def test_kaggle_ids_without_endings():
    files = {
        "labels.csv": b"id,breed\n000bec180eb1,boston_bull\n001513dfcb2f,dingo\n00zz,dingo\n",
        "sample_submission.csv": b"id,boston_bull,dingo\n000621fb3cbb,0.5,0.5\n",
        **images("train/000bec180eb1.jpg", "train/001513dfcb2f.jpg", "test/000621fb3cbb.jpg"),
    }
    found = plan(question := asked(files), "kaggle_table")
    assert read(found) == {
        "train/000bec180eb1.jpg": ("boston_bull", "train"),
        "train/001513dfcb2f.jpg": ("dingo", "train"),
        "test/000621fb3cbb.jpg": ("", "test"),
    }
    assert out(found) == {"00zz": "missing_file"}
    assert "The column “id” names the images, “breed” the class" in question.why


def test_kaggle_names_that_train_and_test_share():
    files = {
        "trainLabels.csv": b"id,label\n1,frog\n2,truck\n",
        **images("train/1.png", "train/2.png", "test/1.png", "test/2.png"),
    }
    found = plan(asked(files), "kaggle_table")
    assert read(found) == {
        "train/1.png": ("frog", "train"), "train/2.png": ("truck", "train"),
        "test/1.png": ("", "test"), "test/2.png": ("", "test"),
    }  # fmt: skip


def test_a_label_of_one_split_is_not_given_to_the_only_file_of_another():
    table = b"id,label\n1,frog\n2,truck\n3,frog\n"
    left = images("train/2.png", "test/1.png", "more/3.png")
    found = plan(question := asked({"trainLabels.csv": table, **left}), "kaggle_table")
    assert read(found) == {
        "train/2.png": ("truck", "train"), "test/1.png": ("", "test"), "more/3.png": ("frog", ""),
    }  # fmt: skip
    assert out(found) == {"1": "other_split"}
    assert "1 image whose names only files of another split have" in question.why
    alone = refused({"trainLabels.csv": table, **images("test/1.png", "test/2.png")})
    assert alone.code == "labels_match_nothing"
    lines = VERTEX_CSV.splitlines()[0].replace("test,", "").replace("flowers", "train").encode()
    kept = plan(asked({"a.csv": lines + b"\ngs://b/2.png,rose\n", "test/1.jpeg": X, "2.png": X}),
                "vertex_ai")  # fmt: skip
    assert out(kept) == {"train/daisy/1.jpeg": "other_split"}


def test_a_column_of_splits_may_divide_what_lies_in_one_folder():
    table = b"id,label,split\n1,frog,train\n2,truck,test\n3,frog,val\n"
    files = {"labels.csv": table, **images(*(f"train_images/{n}.png" for n in (1, 2, 3)))}
    found = plan(asked(files), "kaggle_table")
    assert [place for _, place in sorted(read(found).items())] == [
        ("frog", "train"), ("truck", "test"), ("frog", "validation"),
    ]  # fmt: skip


def test_a_table_in_a_code_page_asks_for_it():
    table = "id;species\n1;Éléphant\n2;Zèbre\n".encode("cp1252")
    files = {"train.csv": table, **images("x/1.jpg", "x/2.jpg")}
    question = asked(files)
    assert question.readings[0].encoding == "cp1252"
    assert {one.class_name for one in question.readings[0].plan.candidates} == {"Éléphant", "Zèbre"}
    assert all(reading.encoding for reading in question.readings)
    chosen = asked(files, layout="kaggle_table", encoding="cp1250").taken
    assert chosen is not None
    assert chosen.encoding == "cp1250"


def test_kaggle_columns_of_marks():
    files = {
        "train.csv": b"image_id,healthy,rust,scab\na,1,0,0\nb,0,1,0\nc,0,1,1\nd,0,0,0\ne,0,0,1\n",
        "test.csv": b"image_id\nf\n",
        **images(*(f"images/{name}.jpg" for name in "abcdef")),
    }
    found = plan(asked(files), "kaggle_table")
    assert read(found) == {
        "images/a.jpg": ("healthy", ""), "images/b.jpg": ("rust", ""), "images/d.jpg": ("", ""),
        "images/e.jpg": ("scab", ""), "images/f.jpg": ("", ""),
    }  # fmt: skip
    assert out(found) == {"images/c.jpg": "several_classes"}


def test_a_table_that_does_not_say_its_class_is_named_and_not_guessed_at():
    files = {
        "meta.csv": b"image_id,age,region\na,40,north\nb,50,south\n",
        **images("all/a.jpg", "all/b.jpg"),
    }
    question = asked(files)
    assert question.taken is None
    assert "does not say which of its columns (age, region) is the class" in question.why
    assert "unlabelled" in {reading.layout for reading in question.readings}


def test_a_table_beside_class_folders_asks_where_it_contradicts_or_says_more():
    files = images("cats/1.jpg", "dogs/2.jpg")
    assert asked({"list.csv": b"file,label\n1.jpg,cats\n2.jpg,dogs\n", **files}).taken is not None
    question = asked({"list.csv": b"file,label\n1.jpg,dogs\n2.jpg,dogs\n", **files})
    assert {reading.layout for reading in question.readings} == {"kaggle_table", "class_folders"}
    assert question.taken is None
    more = asked({"list.csv": b"file,label,split\n1.jpg,cats,test\n2.jpg,dogs,train\n", **files})
    assert read(plan(more, "kaggle_table"))["cats/1.jpg"] == ("cats", "test")
    more = asked({"list.csv": b"file,label,lens\n1.jpg,cats,50\n2.jpg,dogs,35\n", **files})
    assert [one.metadata for one in plan(more, "kaggle_table").candidates] == [
        {"lens": "50"}, {"lens": "35"},
    ]  # fmt: skip
    divided = images("train/cats/1.jpg", "test/dogs/2.jpg")
    same = b"file,label,split\n1.jpg,cats,train\n2.jpg,dogs,test\n"
    assert asked({"list.csv": same, **divided}).taken is not None
    probabilities = b"id,p\n1,0.25\n2,0.5\n"
    assert asked({"sub.csv": probabilities, **files}).taken is not None


def test_coco_without_boxes_as_azure_writes_it_under_any_name():
    document = {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in (1, 2)],
        "annotations": [{"id": 1, "category_id": 1, "image_id": 1}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    question = asked({"train.json": json.dumps(document).encode(), **images("1.jpg", "2.jpg")})
    assert question.taken is not None
    assert read(question.taken.plan) == {"1.jpg": ("cat", ""), "2.jpg": ("", "")}
