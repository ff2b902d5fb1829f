"""Reports: what may be evaluated, and the same numbers in JSON, CSV and on the page."""

import csv
import io

import numpy as np
import pytest

from classifier.engine.evaluation import evaluate
from classifier.models import EvaluationReport
from classifier.services.ensure_ready_made import VERSION_ID
from datasets.models import Split
from tests import factories


def url_of(version):
    return f"/api/v1/model-versions/{version.pk}/evaluations/"


@pytest.fixture
def report(user, make_model_version):
    """A finished report with real numbers."""
    version = make_model_version(user)
    probabilities = np.eye(3)[[0, 1, 2, 0, 1]] * 0.8 + 0.0666
    metrics = evaluate(probabilities, [0, 1, 2, 1, 1], version.class_names)
    return EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=version, split=Split.TEST,
        dataset_version=version.dataset_version, job=version.training_run.job,
        metrics=metrics, created_by=user,
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
                                   ("precision", "recall", "f1", "support"))]  # fmt: skip
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
    assert "'cat', 'dog'" in answer.json()["detail"]
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
    from classifier.selectors.evaluations import report_as_csv

    report.metrics["per_class"][0]["class_name"] = "=HYPERLINK(0)"
    assert "\n'=HYPERLINK(0)" in report_as_csv(report)
