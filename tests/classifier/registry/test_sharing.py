"""Models and datasets that another organization shares: ask, evaluate, train, and no more."""

import json
import zipfile
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from django.utils import timezone
from knox.crypto import hash_token
from onnx import TensorProto, helper
from rest_framework.test import APIClient

from accounts.models import APIToken, Share, TokenScope
from accounts.roles import Role
from accounts.services.sharing import accept_share, end_share, offer_share
from classifier.engine.formats.renamed import write_renamed
from classifier.engine.measure.answers import pack
from classifier.engine.measure.evaluation import evaluate
from classifier.evaluation.errors import CannotEvaluate
from classifier.evaluation.selectors.reports import require_images, require_own_images
from classifier.evaluation.selectors.seen import seen_by
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.evaluation.services.store_report import Measurement, store_first_report
from classifier.failures import require_shared
from classifier.models import EvaluationReport, ModelCopy, ModelVersion, TrainingRun
from classifier.prediction.services.admit import Question, _served
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.known_classes import Standing, known_classes
from classifier.prediction.services.predict import predict
from classifier.registry.selectors.class_facts import ClassFacts
from classifier.registry.selectors.dependents import dependents_of_model
from classifier.registry.selectors.models import version_to_serve
from classifier.registry.services.copy_model import (
    copied_files,
    register_copy,
    start_model_copy,
)
from classifier.registry.services.go_live import on_report_filled
from classifier.training.services.start_training import resume_training, start_training
from common.errors import Forbidden, Invalid, NotFound
from common.hashing import sha256_file
from datasets.models import Split
from datasets.selectors.classes import ClassNote
from jobs.errors import JobFailed
from storage import durable
from storage.names import model_file_name
from tests import factories


@pytest.fixture
def sides(db):
    """An owner's live model and the version it learned from, and a reader of both."""
    owner, reader = factories.make_user(), factories.make_user()
    run = factories.make_run(owner)
    version = factories.make_model_version(run)
    shares = [_share(owner, reader, each) for each in (version.model, run.dataset_version.dataset)]
    return SimpleNamespace(
        owner=owner,
        reader=reader,
        theirs=reader.personal_organization,
        version=version,
        data=run.dataset_version,
        model_share=shares[0],
        data_share=shares[1],
    )


def _share(owner, reader, thing):
    offer = offer_share(
        user=owner,
        subject=thing.subject,
        receiver=reader.personal_organization.slug,
        may_copy=True,
    )
    return accept_share(user=reader, share=offer)


def test_a_reader_trains_for_their_own_organization_until_the_share_ends(sides):
    run = start_training(user=sides.reader, dataset_version=sides.data, preset="cnn_tiny")
    assert (run.organization, run.job.organization) == (sides.theirs, sides.theirs)
    viewer = factories.make_member(sides.theirs, Role.VIEWER)
    with pytest.raises(Forbidden, match="role editor"):
        start_training(user=viewer, dataset_version=sides.data, preset="cnn_tiny")
    with pytest.raises(Forbidden, match="role editor"):
        start_evaluation(user=viewer, model_version=sides.version, dataset_version=sides.data)
    # Neither side sees or counts the other's runs.
    assert not TrainingRun.objects.for_user(sides.owner).filter(pk=run.pk).exists()
    assert "#" not in run.name
    # The report that the run ends with is theirs, too.
    ended = start_training(user=sides.reader, dataset_version=sides.data, preset="cnn_tiny")
    made = factories.make_model_version(ended, live=False)
    probabilities = np.eye(2)[[0, 1]]
    measurement = Measurement(
        report=evaluate(probabilities, [0, 1], made.class_names),
        answers=pack(probabilities, [0, 1]),
        samples_digest="same",
        probabilities=probabilities,
    )
    report = store_first_report(
        version=made, dataset_version=sides.data, job=ended.job, measurement=measurement
    )
    assert report.organization == sides.theirs
    # How the owner labels these images now is no business of theirs.
    with pytest.raises(Forbidden, match="only members of"):
        require_own_images(report)
    require_images(report)
    with pytest.raises(Invalid, match="must belong to"):
        start_training(
            user=sides.reader,
            dataset_version=sides.data,
            preset="cnn_tiny",
            model=sides.version.model,
        )
    end_share(user=sides.owner, share=sides.data_share)
    with pytest.raises(Forbidden, match="no longer shares"):
        require_images(report)
    run.job.refresh_from_db()
    assert run.job.status == "cancelled"
    with pytest.raises(NotFound):
        start_training(user=sides.reader, dataset_version=sides.data, preset="cnn_tiny")
    # What was made of it stays; nothing goes on with it.
    with pytest.raises(Forbidden, match="no longer shared"):
        resume_training(user=sides.reader, run=run)
    with pytest.raises(JobFailed, match="no longer shared"):
        require_shared(sides.theirs, sides.data.dataset.subject)


def test_a_reader_evaluates_on_their_own_images_and_decides_nothing_for_the_owner(sides):
    own = factories.make_version(user=sides.reader)
    report = start_evaluation(user=sides.reader, model_version=sides.version, dataset_version=own)
    assert report.organization == sides.theirs
    assert not EvaluationReport.objects.for_user(sides.owner).filter(pk=report.pk).exists()
    # On what both are shared for, too.
    both = start_evaluation(
        user=sides.reader, model_version=sides.version, dataset_version=sides.data
    )
    assert both.organization == sides.theirs
    # A better report of a reader's makes nothing live, and is no figure of the gate's.
    better = factories.make_model_version(
        factories.make_run(sides.owner, sides.data), sides.version.model, live=False
    )
    theirs = factories.make_report(better, right=60, organization=sides.theirs)
    on_report_filled(theirs)
    assert not better.alias_set.exists()
    assert not EvaluationReport.objects.as_it_answers().filter(pk=theirs.pk).exists()
    goes = dependents_of_model(sides.version.model).goes
    assert "what organizations that it was shared with made by it" in goes
    end_share(user=sides.reader, share=sides.model_share)
    for each in (report, both):
        each.job.refresh_from_db()
        assert each.job.status == "cancelled"


def test_a_user_in_two_organizations_brings_nothing_across(sides):
    """Both may be read by one person, yet not for one organization."""
    third = factories.make_user()
    member = factories.make_member(sides.owner.personal_organization, Role.EDITOR)
    own = factories.make_version(user=member)
    with pytest.raises(CannotEvaluate, match="be shared with it"):
        start_evaluation(user=member, model_version=sides.version, dataset_version=own)
    with pytest.raises(NotFound):
        start_evaluation(user=third, model_version=sides.version, dataset_version=own)


def test_predictions_are_the_readers_and_end_with_the_share(sides):
    row, token = APIToken.objects.create(sides.reader, name="x", scopes=[TokenScope.PREDICT])
    # The express path is for tokens that were just in use.
    APIToken.objects.filter(pk=row.pk).update(last_used_at=timezone.now())
    question = Question(
        sides.reader.pk, hash_token(token), sides.version.model_id, None, "champion"
    )
    factories.make_report(sides.version, right=40)
    sides.data.dataset.classes.filter(name="cat").update(description="Purrs.")
    found = version_to_serve(sides.reader, sides.version.model_id)
    known_classes.get(Standing.of(found.pk, found.model.class_facts_number, found.rule_name))
    served = _served(question)
    assert served is not None
    assert (served.version, served.organization.pk) == (sides.version.pk, sides.theirs.pk)
    # What the owners measured of a class is theirs; its note goes with every answer.
    assert served.known == {"cat": ClassFacts(note=ClassNote("Purrs.", ""))}
    with pytest.raises(Forbidden, match="for its members"):
        predict(
            user=sides.reader,
            version=found,
            images=[NamedImage("a.png", b"x")],
            evidence=True,
        )
    end_share(user=sides.owner, share=sides.model_share)
    # The statement is kept, its answer never is.
    assert _served(question) is None
    with pytest.raises(NotFound):
        version_to_serve(sides.reader, sides.version.model_id)


def test_who_only_looks_in_the_receiving_organization_makes_nothing_of_it(sides, client):
    """A viewer there, and an editor there of what is shared without leave to copy."""
    into = {"organization": sides.theirs.slug}
    of_data, of_model = {"version": str(sides.data.pk)}, {"version": str(sides.version.pk)}
    images = {"dataset_version": str(sides.data.pk)}
    calls = [
        ("training-runs/", {**images, "preset": "cnn_tiny"}),
        (f"model-versions/{sides.version.pk}/evaluations/", {**images, "split": "test"}),
        ("dataset-copies/preview/", {**of_data, **into}),
        ("dataset-copies/", {**of_data, **into}),
        ("model-copies/", {**of_model, **into}),
    ]

    def codes(user):
        factories.sign_in(client, user)
        sent = [
            client.post(f"/api/v1/{path}", body, content_type="application/json")
            for path, body in calls
        ]
        return [(answer.status_code, answer.json().get("code")) for answer in sent]

    viewer = factories.make_member(sides.theirs, Role.VIEWER)
    assert codes(viewer) == [(403, "forbidden")] * 5
    Share.objects.update(may_copy=False)
    found = codes(factories.make_member(sides.theirs, Role.EDITOR))
    assert [status for status, _ in found[:2]] == [202, 202]
    assert found[2:] == [(403, "copy_not_allowed")] * 3


def test_what_is_shared_is_not_deleted(sides):
    bars = dependents_of_model(sides.version.model).bars
    assert any(sides.theirs.slug in bar and "end that first" in bar for bar in bars)


def test_readers_are_not_told_what_it_was_made_from(sides, client):
    factories.sign_in(client, sides.reader)
    told = client.get(f"/api/v1/model-versions/{sides.version.pk}/").json()
    assert told["classes"] == ["cat", "dog"]
    assert (told["training_run"], told["dataset_version"], told["gate"]) == (None, None, None)
    assert (told["config"], told["files"], told["dataset_digest"]) == ({}, {}, "")
    assert client.get("/api/v1/models/?tag=good").json()["results"] == []
    assert client.get(f"/api/v1/models/{sides.version.model_id}/").json()["live_refusal"] is None
    page = client.get(f"/models/{sides.version.model_id}/").content.decode()
    assert "shared by" in page
    assert sides.owner.username not in page.replace(sides.owner.personal_organization.name, "")


def _files(folder, names):
    """A served file and a Keras file with Loupe's facts, as small as they can be."""
    facts = json.dumps({"format": 1, "class_names": names, "image_size": 8, "fit": "stretch",
                        "preset": "cnn_tiny"})  # fmt: skip
    ends = [helper.make_tensor_value_info(each, TensorProto.FLOAT, [1]) for each in "xy"]
    node = helper.make_node("Identity", ["x"], ["y"])
    graph = helper.make_graph([node], "g", ends[:1], ends[1:])
    model = helper.make_model(graph)
    helper.set_model_props(model, {"loupe": facts})
    onnx.save(model, str(folder / "model.onnx"))
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("loupe.json", facts)


def test_a_copy_has_its_files_with_other_names_of_classes(sides, tmp_path):
    _files(tmp_path, ["cat", "dog"])
    facts = {}
    for name in ("model.onnx", "model.keras"):
        path = tmp_path / name
        facts[name] = {"sha256": sha256_file(path), "bytes": path.stat().st_size}
    run = factories.make_run(sides.owner, sides.data)
    version = factories.make_model_version(run, sides.version.model, files=facts)
    for name in facts:
        durable.write(model_file_name(version.pk, name), [(tmp_path / name).read_bytes()])
    for mapping, sentence in (({"cat": "dog"}, "not merged"), ({"wolf": "x"}, "no class 'wolf'"),
                              ({"cat": " "}, "cannot do without")):  # fmt: skip
        with pytest.raises(Invalid, match=sentence):
            start_model_copy(user=sides.reader, version=version, organization=sides.theirs,
                             class_mapping=mapping)  # fmt: skip
    copy = start_model_copy(
        user=sides.reader,
        version=version,
        organization=sides.theirs,
        class_mapping={"cat": "Katze"},
    )
    folder = tmp_path / "out"
    folder.mkdir()
    files = copied_files(copy, version, folder)
    made = register_copy(copy=copy, version=version, files=files, folder=folder)
    assert (made.model.organization, made.class_names) == (sides.theirs, ["Katze", "dog"])
    assert not made.alias_set.exists()
    assert (made.training_run, made.dataset_version) == (None, None)
    # Yet a report of it says how many images it learned from.
    made = ModelVersion.objects.get(pk=made.pk)
    assert seen_by(made, sides.data, Split.TRAIN) == seen_by(version, sides.data, Split.TRAIN) > 0
    served = onnx.load(str(made.served_path)).metadata_props[0].value
    assert json.loads(served)["class_names"] == ["Katze", "dog"]
    with zipfile.ZipFile(durable.local(model_file_name(made.pk, "model.keras"))) as archive:
        assert json.loads(archive.read("loupe.json"))["class_names"] == ["Katze", "dog"]
    # Where it came from stays as text when the source goes; a share that has ended copies nothing.
    where = f"{version.model.name} version {version.number} of {sides.owner.personal_organization}"
    assert ModelVersion.objects.get(pk=made.pk).copied_from.source == where
    end_share(user=sides.owner, share=sides.model_share)
    with pytest.raises(NotFound):
        register_copy(copy=copy, version=version, files=files, folder=folder)
    assert ModelCopy.objects.filter(version__isnull=False).count() == 1


def test_a_file_without_names_is_refused(tmp_path):
    from classifier.engine.errors import BadModelFile

    _files(tmp_path, ["cat", "dog"])
    for name in ("model.onnx", "model.keras"):
        with pytest.raises(BadModelFile, match="2 classes; 1 names"):
            write_renamed(tmp_path / name, tmp_path / f"new-{name}", ["cat"])


def test_a_reader_learns_nothing_of_the_owners_gate(sides, client):
    """What the gate says of the live version names datasets, classes and figures."""
    said = {}
    for person in (sides.owner, sides.reader):
        api = APIClient()
        api.force_authenticate(person)
        url = f"/api/v1/models/{sides.version.model_id}/"
        said[person] = [
            api.get(url).json()["live_refusal"],
            *(each["live_refusal"] for each in api.get("/api/v1/models/").json()["results"]
              if each["id"] == str(sides.version.model_id)),
            api.get(f"{url}gate/").status_code,
        ]  # fmt: skip
    words, _, status = said[sides.owner]
    assert "has not been measured" in words
    assert status == 200
    assert said[sides.reader] == [None, None, 403]
    report = factories.make_report(sides.version, right=20, organization=sides.theirs)
    client.force_login(sides.reader)
    page = client.get(f"/evaluations/{report.pk}/")
    assert page.status_code == 200
    assert "would not pass the gate" not in page.content.decode()
