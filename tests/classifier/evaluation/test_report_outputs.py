"""Page, API, CSV, JSON and printable file say the same, with two classes and with a thousand."""

import csv
import html
import io
import re
import time

import numpy as np
import pytest

from classifier.engine.measure.calibration import Temperature
from classifier.engine.measure.evaluation import evaluate_with_curves
from classifier.engine.measure.robustness import Robustness, Worsened
from classifier.models import EvaluationReport, ReportCurve, RobustnessCheck
from classifier.templatetags.figures import metric, percent
from datasets.models import Split
from jobs.models import Job
from tests import factories


def make(user, classes: int, images: int = 400) -> EvaluationReport:
    """A finished report with curves, subgroups, a temperature and a robustness check."""
    names = [f"class {number:04}" for number in range(classes)]
    version = factories.make_version(user=user, classes=names, per_class=10 if classes < 100 else 3)
    model_version = factories.make_model_version(factories.make_run(user, version))
    random = np.random.default_rng(classes)
    truth = np.arange(images) % classes
    scores = (
        random.dirichlet(np.full(classes, 1.0), images)
        + min(0.4, 6 / classes) * np.eye(classes)[truth]
    )
    scores /= scores.sum(axis=1, keepdims=True)
    site = np.where(random.random(images) < 0.5, "north", "south").tolist()
    figures, curves = evaluate_with_curves(
        scores, truth, names, columns={"site": site}, seen_in_training=0,
        temperature=Temperature(value=0.7, images=90),
    )  # fmt: skip
    report = EvaluationReport.objects.create(
        organization=user.personal_organization, model_version=model_version, split=Split.TEST,
        dataset_version=version, job=model_version.training_run.job, metrics=figures.to_json(),
    )  # fmt: skip
    ReportCurve.objects.bulk_create(
        ReportCurve(report=report, class_index=index, points=curve.to_json())
        for index, curve in enumerate(curves)
        if curve is not None
    )
    rows = tuple(
        Worsened(corruption="blur", severity=n, strength=f"{n} px", accuracy=0.9 - n / 10)
        for n in range(1, 6)
    )
    RobustnessCheck.objects.create(
        report=report, images=50, result=Robustness(images=50, clean=0.92, rows=rows).to_json(),
        job=Job.objects.create(
            kind="robustness", queue="io", organization=report.organization, title="Robustness",
            status="succeeded",
        ),
    )  # fmt: skip
    return report


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def test_all_five_agree_on_every_figure(api, page_client, user):
    report = make(user, 4)
    url = f"/api/v1/evaluations/{report.pk}/"
    body = api.get(url).json()
    assert api.get(f"{url}download/?as=json").json() == body
    table = list(csv.reader(io.StringIO(api.get(f"{url}download/?as=csv").content.decode())))
    printed_answer = api.get(f"{url}download/?as=html")
    assert printed_answer["Content-Disposition"].startswith("attachment")
    printed = printed_answer.content.decode()
    page = page_client.get(f"/evaluations/{report.pk}/").content.decode()
    shown, paper = text_of(page), text_of(printed)

    in_csv = {row[0]: row for row in table if len(row) == 6}
    single = {
        "accuracy": percent, "balanced_accuracy": percent, "roc_auc": metric, "kappa": metric,
        "log_loss": metric,
    }  # fmt: skip
    values = {name: (body[name], said) for name, said in single.items()}
    for group in ("macro", "weighted"):
        values |= {f"{group}_{name}": (value, percent) for name, value in body[group].items()}
    values |= {f"top{row['k']}_accuracy": (row["accuracy"], percent) for row in body["top_k"]}
    calibration = body["calibration"]
    values |= {
        "ece": (calibration["ece"], percent), "temperature": (calibration["temperature"], metric),
        "ece_scaled": (calibration["scaled"]["ece"], percent),
    }  # fmt: skip
    for name, (value, said) in values.items():
        assert float(in_csv[name][1]) == value, name
        assert said(value) in shown, name
        assert said(value) in paper, name
    assert set(body["intervals"]) >= {"accuracy", "balanced_accuracy", "macro_f1", "roc_auc"}
    for name, estimate in body["intervals"].items():
        assert in_csv[name][2:5] == [
            str(estimate["low"]), str(estimate["high"]),
            {"wilson": "Wilson", "bootstrap": "bootstrap"}[estimate["method"]],
        ]  # fmt: skip
        said = percent if values[name][1] is percent else metric
        ends = f"{said(estimate['low']).removesuffix(' %')} to {said(estimate['high'])}"
        assert ends in shown, name
        assert ends in paper, name
    for row in body["per_class"]:
        for name in ("precision", "recall", "f1", "average_precision"):
            assert f"{row[name]:.3f}" in shown
            assert f"{row[name]:.3f}" in paper
    for row, name in zip(
        body["confusion_matrix"]["counts"], report.figures.confusion_matrix.class_names, strict=True
    ):
        assert [name, *map(str, row)] in table
        assert f"{name} {' '.join(map(str, row))}" in paper
    assert body["robustness"][4] == {
        "corruption": "blur", "severity": 5, "strength": "5 px", "accuracy": 0.4,
    }  # fmt: skip
    assert ["blur", "5", "5 px", "0.4", "50"] in table
    assert "blur 5 5 px 40.0 %" in paper
    assert "Right on 92.0 % of 50 images" in shown
    assert "Right on 92.0 % of 50 images" in paper
    gap = body["gaps"][0]["equal_opportunity"]
    assert ["site", "equal_opportunity", str(gap["value"])] in [row[:3] for row in table]
    assert f"{gap['value'] * 100:.1f} points, “{gap['class_name']}”" in paper


def test_the_printable_file_needs_nothing_else(api, user):
    report = make(user, 3)
    printed = api.get(f"/api/v1/evaluations/{report.pk}/download/?as=html").content.decode()
    assert re.findall(r"<script|<link|<img|\bsrc=|url\(|@import|https?://", printed) == []
    assert printed.count("<polyline") >= 2 * 3 + 2 + 1, "curves, reliability, robustness"


@pytest.mark.parametrize("classes", [2, 1000])
def test_a_report_works_with_two_classes_and_with_a_thousand(api, page_client, user, classes):
    report = make(user, classes, images=classes * 3)
    url = f"/evaluations/{report.pk}/"
    page_client.get(url)
    seconds = []
    for _ in range(3):
        started = time.process_time()
        page = page_client.get(url).content.decode()
        seconds.append(time.process_time() - started)
    # Generous beside the measured figure in docs/benchmarks.md: it is a guard, not the measure. The
    # least, because a collection of this process's garbage may take half a second.
    assert min(seconds) < 0.6
    assert page.count('data-chart="lines"') == 4, "curves of one class alone"
    body = api.get(f"/api/v1{url}").json()
    assert len(body["per_class"]) == len(body["confusion_matrix"]["counts"]) == classes
    last = f"class {classes - 1:04}"
    curves = api.get(f"/api/v1{url}curves/", {"class_name": last}).json()
    assert (curves["class_name"], curves["why"]) == (last, "")
    assert curves["points"]["count"][-1] == classes * 3
    assert len(curves["points"]["threshold"]) <= 120
    assert f"Curves of “{last}”" in page_client.get(f"{url}?class={last}").content.decode()
    assert page_client.get(f"{url}?class=nothing").status_code == 404
    assert api.get(f"/api/v1{url}curves/", {"class_name": "nothing"}).status_code == 404
    if classes == 2:
        assert "Search classes" not in page
        return
    assert "Page 1 of 10, 1,000 classes" in text_of(page)
    found = text_of(page_client.get(f"{url}?q=0042&sort=recall").content.decode())
    assert "class 0042" in found
    assert "class 0043" not in found.split("By class")[1].split("Curves of")[0]
    assert "No class has “zebra”" in page_client.get(f"{url}?q=zebra").content.decode()
    assert "Page 10 of 10" in text_of(page_client.get(f"{url}?page=99").content.decode())
    paper = text_of(api.get(f"/api/v1{url}download/?as=html").content.decode())
    assert "Most frequent mistakes" in paper


def test_classes_of_other_names_are_mapped_by_name_or_refused(api, user, make_model_version):
    version = make_model_version(user)
    other = factories.make_version(user=user, classes=("Blue", "leaf", "red"))
    url = f"/api/v1/model-versions/{version.pk}/evaluations/"
    refused = api.post(url, {"dataset_version": str(other.pk)})
    assert refused.status_code == 422
    assert (
        "does not know 'Blue' and 'leaf'. It knows 'blue' and 'green', which"
        in (refused.json()["detail"])
    )
    assert "'Blue' for 'blue'" in refused.json()["detail"], "said, not guessed"
    mapping = {"Blue": "blue", "leaf": "gren"}
    refused = api.post(url, {"dataset_version": str(other.pk), "class_mapping": mapping})
    assert "does not know 'gren'" in refused.json()["detail"]
    odd = {**mapping, "leaf": "green", "sky": "blue"}
    refused = api.post(url, {"dataset_version": str(other.pk), "class_mapping": odd})
    assert "received 'sky'" in refused.json()["detail"]
    mapping = {"Blue": "blue", "leaf": "green"}
    started = api.post(url, {"dataset_version": str(other.pk), "class_mapping": mapping})
    assert started.status_code == 202
    assert started.json()["class_mapping"] == {"Blue": ["blue"], "leaf": ["green"]}
    assert started.json()["other_classes"] == "wrong"


def test_robustness_is_asked_for_once_at_a_time(api, page_client, user):
    report = make(user, 3)
    url = f"/api/v1/evaluations/{report.pk}/robustness/"
    assert api.get(url).json()["results"][0]["severity"] == 1
    assert api.post(url, {"images": 5001}).status_code == 400
    started = api.post(url, {"images": 20})
    assert started.status_code == 202
    assert started.json()["job"]["kind"] == "robustness"
    assert (started.json()["images_asked"], started.json()["results"]) == (20, None)
    assert api.post(url, {}).json()["code"] == "under_way"
    page = page_client.get(f"/evaluations/{report.pk}/").content.decode()
    assert 'hx-trigger="every 3s"' in page
    assert "Right on 92.0 % of 50 images" in text_of(page), "the last one stays meanwhile"
