"""Reports as other versions of Loupe stored them: those of before open, later ones are named."""

import csv
import io
from dataclasses import fields
from unittest.mock import ANY

import pytest

from classifier.engine.measure.confusion import ConfusionMatrix
from classifier.engine.measure.report import Averages, ClassFigures, Report, SliceFigures
from classifier.evaluation.serializers import figures
from classifier.evaluation.serializers.reports import EvaluationReportSerializer
from classifier.models import EvaluationReport
from classifier.pages.selectors.home import reports_of
from classifier.registry.selectors.gate import gate_of
from datasets.models import Split
from tests import factories

# What the first version wrote for six images; its second one added `slices`, the third
# `seen_in_training`, the fourth `schema`.
FIRST = {
    "accuracy": 0.8333333333333334,
    "macro": {"precision": 0.8333333333333334, "recall": 0.9166666666666666, "f1": 0.8412698412698},
    "weighted": {"precision": 0.9166666666666666, "recall": 0.8333333333333334, "f1": 0.8492063492},
    "per_class": [
        {"class_name": "blue", "precision": 0.5, "recall": 1.0, "f1": 0.6666, "support": 1},
        {"class_name": "green", "precision": 1.0, "recall": 0.75, "f1": 0.8571, "support": 4},
        {"class_name": "red", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1},
    ],
    "confusion_matrix": {
        "class_names": ["blue", "green", "red"],
        "counts": [[1, 0, 0], [1, 3, 0], [0, 0, 1]],
    },
    "log_loss": 0.5695,
    "top5_accuracy": 1.0,
    "sample_count": 6,
}
SLICE = {
    "column": "camera", "value": "old", "support": 6, "accuracy": 0.8333333333333334,
    "interval": [0.4365, 0.9699], "gap": 0.0, "below": False, "macro_f1": 0.8413, "too_few": True,
}  # fmt: skip
LATER = {**FIRST, "schema": 3, "accuracy": {"value": 0.83, "interval": [0.4, 0.9]}}


@pytest.fixture
def store(user):
    """Return a function that makes a measured version with what a report of it stored."""
    version = factories.make_version(user=user, classes=("blue", "green", "red"))

    def _store(metrics: dict) -> EvaluationReport:
        run = factories.make_run(user, version)
        model_version = factories.make_model_version(run)
        return EvaluationReport.objects.create(
            organization=user.personal_organization, model_version=model_version,
            dataset_version=version, split=Split.TEST, job=run.job, metrics=metrics,
        )  # fmt: skip

    return _store


def pages_of(report: EvaluationReport) -> list[str]:
    version = report.model_version
    return [
        f"/evaluations/{report.pk}/", f"/model-versions/{version.pk}/",
        f"/models/{version.model_id}/", "/models/",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "stored",
    [
        FIRST,
        {**FIRST, "slices": [SLICE]},
        {**FIRST, "slices": [SLICE], "seen_in_training": 0},
        {**FIRST, "slices": [], "seen_in_training": 0, "schema": 1},
    ],
)
def test_reports_of_before_open_everywhere(api, page_client, store, stored):
    report = store(stored)
    url = f"/api/v1/evaluations/{report.pk}/"
    body = api.get(url).json()
    assert body["confusion_matrix"].pop("cells") == [[0, 0, 1], [1, 0, 1], [1, 1, 3], [2, 2, 1]]
    for name in ("accuracy", "macro", "weighted", "confusion_matrix", "log_loss", "sample_count"):
        assert body[name] == stored[name]
    assert [row.pop("recall_interval")[1] for row in body["per_class"]] == [1.0, ANY, 1.0]
    later = [(row.pop("roc_auc"), row.pop("average_precision")) for row in body["per_class"]]
    assert later == [(None, None)] * 3
    lacking = ("balanced_accuracy", "roc_auc", "kappa", "calibration", "gaps", "cost")
    assert [body[name] for name in lacking] == [None] * len(lacking)
    assert (body["intervals"], body["top_k"], body["roc_auc_undefined"]) == ({}, [], None)
    assert body["per_class"] == stored["per_class"]
    judged = [row.pop("judgement") for row in body["slices"] or ()]
    assert set(judged) <= {"too_few"}
    assert body["slices"] == stored.get("slices")
    assert body["seen_in_training"] == stored.get("seen_in_training")
    assert body["verdict"].startswith(
        "Not shown to be better than guessing: probably 44 to 97 % right on new images, and always "
        "answering “green” would be right on 66.7 %."
    )
    assert api.get(f"{url}download/?as=json").json() == api.get(url).json()
    table = list(csv.reader(io.StringIO(api.get(f"{url}download/?as=csv").content.decode())))
    assert ["macro", *(str(value) for value in stored["macro"].values())] in table
    assert ["green", "1", "3", "0"] in table
    assert (table[-1][:2] == ["camera", "old"]) == bool(stored.get("slices"))
    printed = api.get(f"{url}download/?as=html").content.decode()
    assert "83.3 %" in printed
    assert api.get(f"{url}curves/").json()["why"].startswith("This report was made before")
    for path in pages_of(report):
        assert "83.3 %" in page_client.get(path).content.decode(), path
    gate = gate_of(report.model_version)
    assert "right on 83.3 % of 6 test images" in gate.reason
    assert "always answering “green” would be right on 66.7 %" in gate.reason
    assert reports_of([report.model_version])[report.model_version_id].summary.sample_count == 6


def test_a_report_of_a_later_version_is_named_and_breaks_no_list(
    api, page_client, store, user, caplog
):
    later, readable = store(LATER), store(FIRST)
    url = f"/api/v1/evaluations/{later.pk}/"
    body = api.get(url).json()
    assert (body["status"], body["accuracy"], body["per_class"]) == ("pending", None, None)
    assert body["verdict"].startswith("This version of Loupe cannot read the report")
    assert f"evaluation report {later.pk}: Report was written with schema 3" in caplog.text
    for kind in ("json", "csv"):
        refused = api.get(f"{url}download/?as={kind}")
        assert refused.status_code == 409
        assert refused.json()["detail"] == body["verdict"]
    listed = api.get(f"/api/v1/model-versions/{later.model_version_id}/evaluations/").json()
    assert listed["results"] == [body]
    pages = [page_client.get(path).content.decode() for path in pages_of(later)]
    assert "cannot read the report" in pages[0]
    assert "cannot read the report" in pages[1]
    assert "83.3 %" in pages[3], "the others are shown"
    versions = [later.model_version, readable.model_version]
    assert list(reports_of(versions)) == [readable.model_version_id]
    reason = gate_of(later.model_version).reason
    assert "a report that another version of Loupe wrote" in reason
    assert "evaluate it on the test split" in reason
    assert page_client.get("/").status_code == 200
    factories.make_live(later.model_version)
    assert page_client.get("/").status_code == 200
    user.is_staff = user.is_superuser = True
    user.save()
    assert page_client.get("/admin/classifier/evaluationreport/").status_code == 200


def test_a_summary_reads_no_matrix(store, django_assert_num_queries):
    report = store(FIRST)
    with django_assert_num_queries(1) as queries:
        (found,) = EvaluationReport.objects.filter(pk=report.pk).summarized()
        assert found.summary.macro.f1 == FIRST["macro"]["f1"]
        assert found.measured
    assert "confusion_matrix" not in queries[0]["sql"]
    with django_assert_num_queries(1):
        assert found.figures.confusion_matrix.images == 6
    waiting = store(None)
    (found,) = EvaluationReport.objects.filter(pk=waiting.pk).summarized()
    assert (found.summary, found.measured) == (None, False)


@pytest.mark.parametrize(
    ("kind", "serializer"),
    [
        (Report, EvaluationReportSerializer),
        (Averages, figures.AveragesSerializer),
        (ClassFigures, figures.ClassMetricsSerializer),
        (SliceFigures, figures.SliceMetricsSerializer),
        (ConfusionMatrix, figures.ConfusionMatrixSerializer),
    ],
)
def test_the_api_says_all_that_a_report_holds(kind, serializer):
    said = {(field.source or name).split(".")[-1] for name, field in serializer().fields.items()}
    assert {field.name for field in fields(kind)} <= said
