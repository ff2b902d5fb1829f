"""Ensembles: several versions become one, registered once, measured, served and exported as one."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from classifier.engine.formats.ensemble import answers_of
from classifier.engine.measure.ensemble import EnsembleResult
from classifier.engine.runtime.predictor import Predictor
from classifier.experiments.services.plans.registry import PLANS
from classifier.models import EvaluationReport, Experiment, ModelAlias, ModelVersion, TrainingRun
from classifier.registry.services.manage_model import delete_model, edit_model
from classifier.work import __all__ as handlers
from common.errors import Conflict, Invalid
from datasets.models import Sample, Split
from datasets.services.versions.freeze import freeze
from jobs.errors import FenceLost
from jobs.models import Job, Status
from storage import durable
from storage.names import model_folder
from tests import factories
from tests.classifier.conftest import make_colors
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db

URL = "/api/v1/experiments/"


def body(version, members, **changes):
    return {
        "kind": "ensemble",
        "dataset_version": str(version.pk),
        "method": "average",
        "members": [str(each.pk) for each in members],
        **changes,
    }


def started(api, sent):
    answer = api.post(URL, sent)
    assert answer.status_code == 202, answer.json()
    return Experiment.objects.get(pk=answer.json()["id"])


@pytest.fixture
def version(user):
    """A version of two classes, with enough validation images to fit a combination on."""
    return freeze(
        user=user,
        dataset=make_colors(user, per_class=120),
        train=0.6,
        validation=0.2,
        test=0.2,
    )


@pytest.fixture
def members(make_run, version, user, run_job):
    """Versions of three quick presets, trained on the version."""
    found = []
    for preset, config in (
        ("logistic_regression", {"input": "pixels"}),
        ("k_nearest_neighbours", {"input": "pixels"}),
        ("decision_tree", {"input": "colours", "side": 24}),
    ):
        run = make_run(user, version=version, preset=preset, config=config)
        assert run_job(run.job).status == Status.SUCCEEDED, run.job.error
        found.append(ModelVersion.objects.get(training_run=run))
    return found


def test_three_versions_become_one(api, user, page_client, version, members, run_job):
    # From the runs that are compared to a form with their versions ticked.
    runs = "&".join(f"run={each.training_run_id}" for each in members)
    compared = page_client.get(f"/training/compare/?{runs}").content.decode()
    link = compared.partition("/experiments/new/ensemble/?")[2].partition('"')[0]
    assert sorted(link.split("&amp;")) == sorted(runs.split("&"))
    form = page_client.get(f"/experiments/new/ensemble/?{runs}").content.decode()
    ticked = [line for line in form.split("<input") if 'name="members"' in line[:200]]
    assert len(ticked) == 3
    assert all("checked" in line.partition(">")[0] for line in ticked)
    sent = body(version, members, method="weighted", name="Three of a kind", count=5)
    answer = page_client.post("/experiments/new/ensemble/", sent)
    assert answer.status_code == 302, answer.content.decode()
    experiment = Experiment.objects.get()
    assert answer["Location"] == f"/experiments/{experiment.pk}/"
    assert experiment.settings["names"] == [str(each) for each in members]
    waiting = page_client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert str(members[1]) in waiting
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    shown = api.get(f"{URL}{experiment.pk}/").json()
    made = api.get(f"/api/v1/model-versions/{shown['model_version']}/").json()
    assert made["preset"] == "ensemble"
    assert made["dataset_version"] == str(version.pk)
    assert [each["model_version"] for each in made["ensemble"]["members"]] == [
        str(each.pk) for each in members
    ]
    assert sum(each["weight"] for each in made["ensemble"]["members"]) == pytest.approx(1)
    assert made["parity"]["max_abs_difference"] <= 1e-5
    # It is measured on test like any version, by the job that made it, and goes live by the gate.
    report = EvaluationReport.objects.get(model_version=made["id"])
    assert (report.job, report.split_enum) == (experiment.job, Split.TEST)
    assert report.figures.accuracy == pytest.approx(shown["result"]["ensemble"]["accuracy"])
    assert report.figures.log_loss == pytest.approx(shown["result"]["ensemble"]["log_loss"])
    assert report.figures.seen_in_training == 0
    assert made["gate"]["passed"]
    assert ModelAlias.objects.get(version=made["id"]).alias == "champion"
    # Each member's figures are those of its own report.
    for each, row in zip(members, shown["result"]["members"], strict=True):
        own = EvaluationReport.objects.get(model_version=each).figures
        assert row["accuracy"] == pytest.approx(own.accuracy)
        assert row["log_loss"] == pytest.approx(own.log_loss, rel=1e-4)
        assert (row["seen"], row["seen_validation"]) == (0, 0)
        assert row["milliseconds"] > 0
    result = EnsembleResult.from_json(Experiment.objects.get().result)
    assert result.sentence in experiment_page(page_client, experiment)
    assert "Three of a kind" in page_client.get("/experiments/").content.decode()
    # The file stands alone: ONNX Runtime needs nothing of ours.
    file = ModelVersion.objects.get(pk=made["id"]).served_path
    session = ort.InferenceSession(str(file))
    assert [each.name for each in session.get_outputs()] == ["probabilities", "members"]
    assert session.get_modelmeta().custom_metadata_map["loupe"].startswith('{"format": 1')
    alone = [Predictor.load(each.served_path) for each in members]
    ensemble = Predictor.load(file)
    assert ensemble.views == tuple(dict.fromkeys(each.views[0] for each in alone))
    assert [view.size for view in ensemble.views] == [32, 24]
    # A second ensemble is the next version of the same model, and an ensemble may be a member.
    versions = [ModelVersion.objects.get(pk=made["id"]), members[0]]
    again = started(api, body(version, versions, method="stacking"))
    assert run_job(again.job).status == Status.SUCCEEDED, again.job.error
    second = Experiment.objects.get(pk=again.pk).model_version
    assert (str(second.model_id), second.number) == (made["model"], 2)
    assert Experiment.objects.get(pk=again.pk).result["members"][0]["weight"] is None
    # A member stays while an alias points at the ensemble. Then deleting it breaks nothing, and the
    # pages still name it.
    name = str(members[1])
    edit_model(user=user, model=members[1].model, archived=True)
    with pytest.raises(Conflict, match="an ensemble that it is part of"):
        delete_model(user=user, model=members[1].model)
    edit_model(user=user, model=second.model, archived=True)
    delete_model(user=user, model=members[1].model)
    page = experiment_page(page_client, experiment)
    assert name in page
    assert "deleted since" in page
    page = page_client.get(f"/model-versions/{made['id']}/").content.decode()
    assert name in page
    # The experiment keeps the lineage and the report as long as the version is there.
    refused = api.delete(f"{URL}{experiment.pk}/").json()
    assert (refused["status"], refused["code"]) == (409, "has_dependents")
    delete_model(user=user, model=second.model)
    assert "its version was deleted" in experiment_page(page_client, experiment)
    assert api.delete(f"{URL}{experiment.pk}/").status_code == 204


def experiment_page(client, experiment) -> str:
    return client.get(f"/experiments/{experiment.pk}/").content.decode().replace("&#x27;", "'")


def test_one_version_whatever_ends_an_attempt(api, version, members, run_job):
    experiment = started(api, body(version, members[:2]))

    def dies() -> None:
        raise FenceLost

    first = experiment.job
    run_job(first, at={"Timing the files": dies})
    assert not ModelVersion.objects.filter(preset="ensemble").exists()
    resumed = api.post(f"{URL}{experiment.pk}/resume/")
    assert resumed.status_code == 202, resumed.json()
    experiment.refresh_from_db()
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    made = ModelVersion.objects.get(preset="ensemble")
    assert Experiment.objects.get(pk=experiment.pk).model_version == made
    assert durable.exists(made.served_name)
    assert EvaluationReport.objects.filter(model_version=made).count() == 1


def test_bagging_fits_members_on_samples_of_the_train_split(api, version, run_job, page_client):
    sent = body(version, [], method="bagging", preset="logistic_regression", count=3)
    sent["config"] = {"input": "pixels"}
    del sent["members"]
    experiment = started(api, sent)

    def dies() -> None:
        raise FenceLost

    run_job(experiment.job, at={"Member 3 of 3: Writing the model": dies})
    resumed = api.post(f"{URL}{experiment.pk}/resume/")
    assert resumed.status_code == 202, resumed.json()
    experiment.refresh_from_db()
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    made = ModelVersion.objects.get(preset="ensemble")
    assert made.config["preset"] == "logistic_regression"
    assert not TrainingRun.objects.exists()
    result = EnsembleResult.from_json(Experiment.objects.get().result)
    assert [each.model_version for each in result.members] == ["", "", ""]
    assert result.members[0].log_loss != result.members[1].log_loss
    # What makes numbers of pixels is the same in all members, and there once.
    assert result.nodes < result.member_nodes
    graph = onnx.load(str(made.served_path)).graph
    assert sum(node.op_type == "Concat" for node in graph.node) >= 1
    assert "Logistic regression, sample 1" in experiment_page(page_client, experiment)


def test_what_cannot_be_an_ensemble_is_refused_with_a_sentence(
    api, user, version, make_model_version
):
    one = make_model_version(user)
    own = one.dataset_version
    two = make_model_version(user, version=own, salt=b"2")
    stranger = make_model_version(factories.make_user())
    colours = make_model_version(user, version=version)

    def refusal(sent):
        answer = api.post(URL, sent)
        assert answer.status_code == 400, answer.json()
        said = answer.json()
        return said["errors"][0]["pointer"], said["detail"]

    pointer, detail = refusal(body(own, [one]))
    assert (pointer, detail) == ("/members", "An ensemble has 2 to 10 members; received 1.")
    assert "received 0" in refusal(body(own, []))[1]
    assert f"{one} is there twice" in refusal(body(own, [one, two, one]))[1]
    assert "you cannot see it" in str(api.post(URL, body(own, [one, stranger])).json())
    pointer, detail = refusal(body(own, [one, colours]))
    assert pointer == "/members"
    assert f"{colours} does not know “green”, as against {one}" in detail
    pointer, detail = refusal(body(version, [one, two], method="voting"))
    assert pointer == "/method"
    pointer, detail = refusal(body(own, [one, two], method="stacking"))
    assert "Choose the average, which needs none" in detail
    pointer, detail = refusal(body(own, [one, two], count=3))
    assert (pointer, detail) == ("/count", "count is for bagging; the method is average.")
    pointer, detail = refusal(body(own, [one, two], method="bagging", preset="decision_tree"))
    assert (pointer, detail) == ("/members", "Bagging trains its own members: send none.")
    pointer, detail = refusal(body(own, [], method="bagging", preset="cnn_tiny"))
    assert "presets that learn in seconds" in detail
    assert refusal(body(own, [], method="bagging"))[0] == "/preset"
    own.sample_counts["test"] = {}
    with pytest.raises(Invalid, match="the test split of version 1 has none") as refused:
        PLANS["ensemble"].check(own, {"method": "average", "members": [one, two]})
    assert refused.value.errors[0].pointer == "/dataset_version"
    own.refresh_from_db()
    durable.delete_folder(model_folder(two.pk))
    pointer, detail = refusal(body(own, [one, two]))
    assert f"The file of {two} is gone" in detail
    assert not Experiment.objects.exists()


def test_a_member_is_kept_as_long_as_an_ensemble_is_made_of_it(
    api, user, make_model_version, run_job
):
    one = make_model_version(user)
    two = make_model_version(user, version=one.dataset_version, salt=b"2")
    experiment = started(api, body(one.dataset_version, [one, two]))
    edit_model(user=user, model=two.model, archived=True)
    with pytest.raises(Conflict, match="reads its files and has not ended yet"):
        delete_model(user=user, model=two.model)
    Job.objects.filter(pk=experiment.job_id).update(status=Status.CANCELLED)
    delete_model(user=user, model=two.model)
    resumed = api.post(f"{URL}{experiment.pk}/resume/")
    assert resumed.status_code == 202, resumed.json()
    experiment.refresh_from_db()
    job = run_job(experiment.job)
    assert job.status == Status.FAILED
    assert job.error["detail"] == f"{experiment.settings['names'][1]} was deleted."


def test_who_learned_from_test_images_is_named(api, user, make_model_version, run_job):
    one = make_model_version(user)
    dataset = one.dataset_version.dataset
    other = freeze(user=user, dataset=dataset, seed=5, keep_test=False)
    two = make_model_version(user, version=other, salt=b"2")
    tested = Sample.objects.filter(version=one.dataset_version, split=Split.TEST)
    known = Sample.objects.filter(version=other).exclude(split=Split.TEST).values("sha256")
    leaked = tested.filter(sha256__in=known).count()
    assert leaked
    experiment = started(api, body(one.dataset_version, [one, two]))
    assert run_job(experiment.job).status == Status.SUCCEEDED, experiment.job.error
    result = EnsembleResult.from_json(Experiment.objects.get().result)
    assert [each.seen for each in result.members] == [0, leaked]
    assert result.ensemble.seen == leaked
    assert result.warnings[0].startswith(f"{two} learned from {leaked} of these")
    report = EvaluationReport.objects.get(model_version__preset="ensemble")
    assert report.figures.seen_in_training == leaked
    # Too few validation images to fit anything: the plain mean, and it says so.
    assert not result.fitted
    assert result.temperature == 1
    np.testing.assert_allclose([each.weight for each in result.members], 0.5)
    # Two files of one network are one network.
    assert result.nodes * 2 == result.member_nodes
    made = report.model_version
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    pair = [Predictor.load(each.served_path) for each in (one, two)]
    if pair[0].views[0].size == 32:
        own = answers_of(pair, pair[0].views, images)
        said = Predictor.load(made.served_path).predict(images)
        np.testing.assert_allclose(said, own.mean(axis=1), atol=1e-5)
