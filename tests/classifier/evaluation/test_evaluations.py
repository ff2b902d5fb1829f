"""Reports: what may be evaluated, and the same numbers in JSON, CSV and on the page."""

import csv
import io

import numpy as np
import pytest

from classifier.engine.measure.evaluation import evaluate
from classifier.evaluation.selectors.seen import seen_by
from classifier.evaluation.work.measure import measure
from classifier.models import EvaluationReport
from classifier.registry.services.ensure_built_in import VERSION_ID
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Image, ImageFingerprint, Split
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import square


def url_of(version):
    return f"/api/v1/model-versions/{version.pk}/evaluations/"


@pytest.fixture
def report(user, make_model_version):
    """A finished report with real numbers."""
    version = make_model_version(user)
    probabilities = np.eye(3)[[0, 1, 2, 0, 1]] * 0.8 + 0.0666
    figures = evaluate(probabilities, [0, 1, 2, 1, 1], version.class_names)
    return EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=version, split=Split.TEST,
        dataset_version=version.dataset_version, job=version.training_run.job,
        metrics=figures.to_json(), created_by=user,
    )  # fmt: skip


def test_the_answer_has_the_shape_of_the_contract(api, report):
    body = api.get(f"/api/v1/evaluations/{report.pk}/").json()
    assert body["status"] == "succeeded"
    assert body["split"] == "test"
    assert body["accuracy"] == 0.8
    assert set(body["macro"]) == set(body["weighted"]) == {"precision", "recall", "f1"}
    assert body["per_class"][1]["class_name"] == "green"
    assert body["per_class"][1]["recall"] == pytest.approx(2 / 3)
    assert body["confusion_matrix"] == {
        "class_names": ["blue", "green", "red"],
        "counts": [[1, 0, 0], [1, 2, 0], [0, 0, 1]],
        "cells": [[0, 0, 1], [1, 0, 1], [1, 1, 2], [2, 2, 1]],
    }
    listed = api.get(url_of(report.model_version)).json()["results"]
    assert listed == [body]


def test_page_csv_and_json_say_the_same(api, page_client, report):
    url = f"/api/v1/evaluations/{report.pk}/"
    body = api.get(url).json()
    download = api.get(f"{url}download/", {"as": "json"})
    assert download["Content-Disposition"].startswith("attachment")
    assert download.json() == body
    table = list(csv.reader(io.StringIO(api.get(f"{url}download/?as=csv").content.decode())))
    assert table[2] == ["green", *(str(body["per_class"][1][k]) for k in
                                   ("precision", "recall", "f1", "support", "roc_auc",
                                    "average_precision"))]  # fmt: skip
    assert table[-2] == ["green", "1", "2", "0"]
    page = page_client.get(f"/evaluations/{report.pk}/").content.decode()
    assert "80.0 %" in page
    assert f"{body['per_class'][1]['recall']:.3f}" in page
    assert "Confusion matrix, test split" in page
    assert '"counts": [[1, 0, 0], [1, 2, 0], [0, 0, 1]]' in page
    assert api.get(f"{url}download/?as=pdf").status_code == 400


def test_an_evaluation_is_queued_with_its_report(api, user, make_model_version):
    version = make_model_version(user)
    body = {"dataset_version": str(version.dataset_version_id), "split": "validation"}
    answer = api.post(url_of(version), body)
    report = answer.json()
    assert answer.status_code == 202
    assert report["job"]["kind"] == "evaluate"
    assert (report["split"], report["accuracy"], report["macro"]) == ("validation", None, None)
    assert api.get(f"/api/v1/evaluations/{report['id']}/download/").status_code == 409


def test_what_does_not_fit_is_refused_with_its_reason(api, user, make_model_version):
    version = make_model_version(user)
    other = factories.make_version(user=user, classes=("cat", "dog"))
    answer = api.post(url_of(version), {"dataset_version": str(other.pk)})
    assert answer.status_code == 422
    assert answer.json()["code"] == "cannot_evaluate"
    assert "does not know 'cat' and 'dog'" in answer.json()["detail"]
    assert "It knows 'blue', 'green' and 'red', which" in answer.json()["detail"]
    answer = api.post(url_of(version), {"dataset_version": str(other.pk), "split": "all"})
    assert answer.status_code == 400
    unused = f"/api/v1/model-versions/{VERSION_ID}/evaluations/"
    assert api.post(unused, {"dataset_version": str(other.pk)}).status_code == 422


def test_another_tenants_report_does_not_exist(report, page_client, client):
    stranger = factories.make_user()
    client.force_login(stranger)
    for path in (f"/api/v1/evaluations/{report.pk}/", f"/evaluations/{report.pk}/",
                 url_of(report.model_version)):  # fmt: skip
        assert client.get(path).status_code == 404


def test_a_spreadsheet_gets_no_formula(report):
    from classifier.evaluation.selectors.csv_report import report_as_csv

    report.metrics["per_class"][0]["class_name"] = "=HYPERLINK(0)"
    assert "\n'=HYPERLINK(0)" in report_as_csv(report.figures, "")


@pytest.fixture
def by_camera(user, make_model_version):
    """A report on images of two cameras; those of the old one are mostly labelled wrongly."""
    model_version = make_model_version(user)
    dataset = factories.make_dataset(user=user)
    colors = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
    names = list(colors)
    images = []
    for number in range(72):
        shown = names[number % 3]
        old = number >= 36
        said = names[(number + 1) % 3] if old and number % 4 else shown
        red, green, blue = colors[shown]
        file = square((red + number % 30, green, blue + number // 3))
        images += factories.add_files(dataset, [(f"{number}.png", file, said)], split="test")
        images[-1].metadata = {"camera": "=old" if old else "new", "rare": "yes" * (number < 5)}
    Image.objects.bulk_update(images, ["metadata"])
    ImageFingerprint.objects.bulk_create(
        ImageFingerprint(
            image=image, pixels_sha256=image.sha256, brightness=number / 80, contrast=0.1,
            sharpness=0.5, thumbnail=b"", colours=b"",
        )
        for number, image in enumerate(images)
    )  # fmt: skip
    for name in names:
        for split in ("train", "validation"):
            factories.make_images(dataset, name, 2, split=split)
    version = freeze(user=user, dataset=dataset, strategy="folder")
    with open_pixels(print) as pixels:
        found = measure(
            model_path=model_version.served_path, dataset_version=version, split=Split.TEST,
            expected_sha256=model_version.served_file["sha256"], pixels=pixels,
            seen=seen_by(model_version, version, Split.TEST),
            reading=lambda done, total: None, progress=lambda done, total: None,
        )  # fmt: skip
    return EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=model_version, split=Split.TEST,
        dataset_version=version, job=model_version.training_run.job,
        metrics=found.report.to_json(), created_by=user,
    )  # fmt: skip


def test_subgroups_are_told_apart(api, page_client, by_camera):
    url = f"/api/v1/evaluations/{by_camera.pk}/"
    body = api.get(url).json()
    rows = {(row["column"], row["value"]): row for row in body["slices"]}
    assert (rows["rare", "yes"]["support"], rows["rare", "yes"]["too_few"]) == (5, True)
    old, new = rows["camera", "=old"], rows["camera", "new"]
    assert (old["support"], new["support"]) == (36, 36)
    assert (old["accuracy"], new["accuracy"]) == (0.25, 1.0)
    assert old["gap"] == pytest.approx(0.25 - body["accuracy"])
    assert (old["below"], new["below"], old["too_few"]) == (True, False, False)

    table = list(csv.reader(io.StringIO(api.get(f"{url}download/?as=csv").content.decode())))
    start = [row[:5] for row in table].index(["column", "value", "support", "accuracy", "gap"])
    assert table[start + 1][:4] == ["camera", "'=old", "36", "0.25"], "no formula of a spreadsheet"
    facts = [row for row in body["slices"] if row["column"] == "image: brightness, %"]
    assert sum(row["support"] for row in facts) == 72
    assert {row["value"].split()[0] for row in facts} == {"up", "over"}, "four ranges"
    assert len(facts) <= 5
    assert (old["judgement"], new["judgement"]) == ("lower", "higher")
    assert [each["column"] for each in body["gaps"]] == ["camera", "rare"], "metadata alone"
    found = body["gaps"][0]["equal_opportunity"]
    assert found is None, "twelve images of each class in each group are too few"
    assert body["gaps"][0]["demographic_parity"]["value"] >= 0
    page = page_client.get(f"/evaluations/{by_camera.pk}/").content.decode()
    assert "By subgroup" in page
    assert page.index(">=old ") < page.index(">new "), "the lowest accuracy first"
    assert "Lower" in page
    assert "too few to tell" in page


def test_a_report_of_before_has_no_subgroups(api, page_client, report):
    assert api.get(f"/api/v1/evaluations/{report.pk}/").json()["slices"] is None
    assert "By subgroup" not in page_client.get(f"/evaluations/{report.pk}/").content.decode()
