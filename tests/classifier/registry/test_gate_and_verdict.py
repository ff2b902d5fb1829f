"""What may go live, over the API and the pages, and what reports say in words."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.roles import Role
from classifier.evaluation.selectors.seen import seen_by
from classifier.evaluation.work.measure import measure
from classifier.models import EvaluationReport, ModelAlias, ReportAnswers
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from tests import factories


def champion(model) -> int | None:
    return ModelAlias.objects.filter(model=model, alias="champion").values_list(
        "version__number", flat=True
    ).first()  # fmt: skip


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_first_version_that_only_guesses_is_registered_and_not_live(
    api, page_client, make_trained
):
    version = make_trained(right=33)
    assert champion(version.model) is None
    url = f"/api/v1/models/{version.model_id}/"
    assert api.get(url).json()["aliases"] == {}
    gate = api.get(f"/api/v1/model-versions/{version.pk}/").json()["gate"]
    assert gate["passed"] is False
    assert [(rule["rule"], rule["passed"]) for rule in gate["rules"]] == [
        ("better_than_guessing", False),
        ("not_worse_than_live", None),
    ]
    refused = api.put(f"{url}aliases/champion/", {"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "gate_refused")
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [
        ("/version", "better_than_guessing")
    ]
    assert "right on 55.0 % of 60 test images" in refused.json()["detail"]
    # Only the champion is gated.
    assert api.put(f"{url}aliases/canary/", {"version": 1}).status_code == 200
    assert api.get(url).json()["aliases"] == {"canary": 1}

    for path in (
        f"/training/{version.training_run_id}/",
        f"/models/{version.model_id}/",
        f"/model-versions/{version.pk}/",
        "/models/",
        "/",
    ):
        assert re.search("[Nn]ot live", text_of(page_client.get(path))), path
    live = factories.make_model_version(factories.make_run(version.created_by)).model
    page = text_of(page_client.get("/playground/", {"model": str(version.model_id)}))
    assert f"The model asked for has no live version; this is {live.name} instead." in page
    again = page_client.post(f"{url[7:]}promote/", {"version": 1, "reason": ""}, follow=True)
    assert "may not go live" in text_of(again)
    assert champion(version.model) is None


def test_the_first_version_that_passes_goes_live_by_itself(api, make_trained):
    first = make_trained(right=33)
    second = make_trained(right=57, model=first.model)
    assert champion(first.model) == 2
    history = api.get(f"/api/v1/models/{first.model_id}/history/").json()["results"]
    assert [each["reason"] for each in history] == ["The first version that passed the gate."]
    listed = api.get(f"/api/v1/models/{first.model_id}/versions/").json()["results"]
    assert [each["gate"]["passed"] for each in listed] == [True, False]
    third = make_trained(right=59, model=first.model)
    assert champion(first.model) == 2, "later ones only by hand"
    assert second.number + 1 == third.number


def test_a_version_that_is_worse_than_the_live_one_is_refused_and_may_come_back_later(
    api, page_client, make_trained
):
    live = make_trained(right=60)
    worse = make_trained(right=50, model=live.model)
    url = f"/api/v1/models/{live.model_id}/aliases/champion/"
    refused = api.put(url, {"version": 2}).json()
    assert [each["code"] for each in refused["errors"]] == ["not_worse_than_live"]
    assert "only it is right on 0, only version 1 on 10" in refused["detail"]
    page = text_of(page_client.get(f"/models/{live.model_id}/"))
    assert "Version 2 is not live:</strong> It is worse than version 1, which is live" in page
    viewer = Client()
    viewer.force_login(factories.make_member(live.model.organization, Role.VIEWER))
    assert "It is worse than version 1" in text_of(viewer.get(f"/models/{live.model_id}/"))
    # A little worse may be chance.
    alike = make_trained(right=57, model=live.model)
    assert api.put(url, {"version": alike.number}).status_code == 200
    # What was live before may be live again, whatever is measured now.
    factories.make_live(worse)
    assert api.put(url, {"version": 1}).status_code == 200
    assert api.put(url, {"version": 2}).status_code == 200
    assert "Roll back" in text_of(page_client.get(f"/models/{live.model_id}/"))


def test_the_live_version_is_measured_on_the_new_test_images(api, make_trained):
    live = make_trained(right=60)
    later = make_trained(right=60, model=live.model, digest="other")
    queued = EvaluationReport.objects.get(model_version=live, metrics__isnull=True)
    assert queued.dataset_version == later.dataset_version
    url = f"/api/v1/models/{live.model_id}/aliases/champion/"
    refused = api.put(url, {"version": 2}).json()
    assert [each["code"] for each in refused["errors"]] == ["not_worse_than_live"]
    assert "version 1, which is live, is being measured on the test split" in refused["detail"]
    factories.make_report(live, right=58, digest="other")
    assert api.put(url, {"version": 2}).status_code == 200


def test_a_live_version_that_does_not_know_a_class_is_no_bar(api, user, make_trained):
    live = make_trained(right=60)
    version = factories.make_version(user=user, classes=("cat", "eel"))
    later = make_trained(right=60, model=live.model, digest="other", version=version)
    assert not EvaluationReport.objects.filter(metrics__isnull=True).exists(), "nothing to measure"
    gate = api.get(f"/api/v1/model-versions/{later.pk}/").json()["gate"]
    assert gate["passed"] is True
    assert "does not know the class “eel”" in gate["rules"][1]["detail"]


def test_only_images_that_it_did_not_learn_from_can_judge(api, user):
    run = factories.make_run(user)
    version = factories.make_model_version(run, live=False)
    other = factories.make_version(user=user)

    def reason():
        body = api.get(f"/api/v1/model-versions/{version.pk}/").json()
        return body["gate"]["rules"][0]["detail"] if not body["gate"]["passed"] else ""

    assert "evaluate it on the test split" in reason()
    for seen, words in ((7, "only on images that it learned from"), (0, "")):
        factories.make_report(version, right=60, seen=seen, dataset_version=other)
        assert words in reason()
    assert reason() == ""


def test_reports_and_runs_have_a_verdict_and_intervals(api, page_client, make_trained):
    version = make_trained(right=54)
    report = api.get(f"/api/v1/evaluations/{version.report.pk}/").json()
    assert report["accuracy_interval"] == pytest.approx([0.7985, 0.9534], abs=1e-3)
    assert report["verdict"] == (
        "Better than guessing; probably 80 to 95 % right on new images. The range is wide because "
        "only 60 images were tested: test on more. “cat” is taken for “dog” most often: 3 of 30."
    )
    cat = report["per_class"][0]
    assert cat["recall_interval"] == pytest.approx([0.744, 0.965], abs=1e-3)
    table = api.get(f"/api/v1/evaluations/{report['id']}/download/?as=csv").content.decode()
    assert report["verdict"] in table
    assert f"accuracy,{report['accuracy']},{report['accuracy_interval'][0]}" in table
    run = api.get(f"/api/v1/training-runs/{version.training_run_id}/").json()
    assert run["verdict"] == report["verdict"]
    assert api.get("/api/v1/training-runs/").json()["results"][0]["verdict"] == run["verdict"]
    low, high = run["val_accuracy_interval"]
    assert low < 0.9 < high
    for path in (f"/training/{run['id']}/", f"/evaluations/{report['id']}/"):
        page = text_of(page_client.get(path))
        first, stats = page.index("probably 80 to 95 % right"), page.index('class="stats"')
        assert first < stats, "the words come before the numbers"
        assert "“cat” is taken for “dog” most often: 3 of 30." in page
    for path in ("/training/", "/"):
        assert re.search(r"90\.0 %.{1,80}probably \d+ to \d+ %", text_of(page_client.get(path))), (
            path
        )
    for path in ("/models/", f"/models/{version.model_id}/"):
        assert "probably 80 to 95 %" in text_of(page_client.get(path)), path


def test_nothing_is_said_before_it_is_measured(api, user):
    run = factories.make_run(user)
    body = api.get(f"/api/v1/training-runs/{run.pk}/").json()
    assert (body["verdict"], body["val_accuracy_interval"]) == (None, None)


def test_a_report_of_before_has_its_words_too(api, user):
    run = factories.make_run(user)
    version = factories.make_model_version(run)
    report = factories.make_report(version, right=58, digest="", seen=None, job=run.job)
    body = api.get(f"/api/v1/evaluations/{report.pk}/").json()
    assert body["verdict"].startswith("Better than guessing; probably 89 to 99 % right")
    assert body["seen_in_training"] is None


def test_answers_are_kept_for_each_image_and_never_changed(user, make_model_version):
    version = make_model_version(user)
    with open_pixels(print) as pixels:
        found = measure(
            model_path=version.served_path, dataset_version=version.dataset_version,
            split=Split.TEST, expected_sha256=version.served_file["sha256"], pixels=pixels,
            seen=seen_by(version, version.dataset_version, Split.TEST),
            reading=lambda done, total: None, progress=lambda done, total: None,
        )  # fmt: skip
    images = found.report.sample_count
    assert found.report.seen_in_training == 0
    assert len(found.answers.predicted) == len(found.answers.probability) == 2 * images
    right = int.from_bytes(found.answers.correct).bit_count()
    assert right == round(found.report.accuracy * images)
    report = factories.make_report(version, right=60)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        ReportAnswers.objects.filter(report=report).update(samples_digest="")
