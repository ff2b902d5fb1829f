"""On which images an export is measured."""

import pytest

from classifier.models import EvaluationReport, ModelVersion
from classifier.registry.selectors.exports import (
    Measuring,
    left_of,
    measured_on,
    why_not_chosen,
)
from classifier.work import __all__ as handlers
from datasets.models import Split
from datasets.services.forget_images import allow_forgetting
from jobs.models import Job, Status
from storage import durable
from tests import factories
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db


def url_of(version) -> str:
    return f"/api/v1/model-versions/{version.pk}/"


def test_a_version_without_images_is_measured_as_its_newest_report(
    user, api, page_client, colours, run_job
):
    frozen = colours.dataset_version
    version = ModelVersion.objects.create(
        model=colours.model, number=2, class_names=colours.class_names, preset="ensemble",
        config={}, libraries={}, code_version="test", created_by=user,
        files={"model.onnx": colours.files["model.onnx"]},
        ensemble={"learned_from": [str(frozen.pk)]},
    )  # fmt: skip
    durable.write(version.served_name, [colours.served_path.read_bytes()])
    tested = factories.make_report(version, 2, 3, dataset_version=frozen)
    job = Job.objects.create(
        kind="evaluate", queue="io", organization=tested.organization, title="Evaluation"
    )
    EvaluationReport.objects.create(
        organization=tested.organization, model_version=version, dataset_version=frozen, job=job,
        split=Split.TRAIN, metrics=tested.metrics,
    )  # fmt: skip
    assert measured_on(version) == Measuring(frozen, Split.TRAIN)
    refused = api.post(f"{url_of(version)}exports/", {"format": "onnx_pruned"}, format="json")
    assert "its newest report is on these" in refused.json()["detail"]
    asked = api.post(f"{url_of(version)}exports/", {"format": "onnx"}, format="json").json()
    job = run_job(Job.objects.get(kind="export"))
    assert job.status == Status.SUCCEEDED, job.error
    parity = api.get(f"/api/v1/exports/{asked['id']}/").json()["parity"]
    trained = sum(frozen.sample_counts["train"].values())
    assert (parity["split"], parity["images"]) == ("train", trained)
    assert parity["seen_in_training"] == trained
    page = page_client.get(f"/model-versions/{version.pk}/exports/").content.decode()
    assert f"The model learned from {trained} of the {trained} train images" in page


def test_images_that_were_forgotten_are_not_measured_on(colours):
    frozen = colours.dataset_version
    on = measured_on(colours)
    allow_forgetting()
    assert left_of(on) == on == Measuring(frozen, Split.TEST)
    frozen.samples.filter(split=Split.TEST).update(forgotten=True)
    assert left_of(on).split == Split.VALIDATION
    frozen.samples.exclude(split=Split.TRAIN).update(forgotten=True)
    assert "has no others" in why_not_chosen(left_of(on))
    frozen.samples.update(forgotten=True)
    assert left_of(on) == on
