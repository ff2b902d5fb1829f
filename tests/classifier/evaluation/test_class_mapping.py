"""The built-in model measured on a person's classes: by the API, on the page, and compared."""

import html
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from sklearn.metrics import accuracy_score, f1_score

from accounts.roles import Role
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import rows_of
from classifier.evaluation.selectors.answers import _columns, answer_columns
from classifier.models import EvaluationReport, ModelVersion
from classifier.registry.services.ensure_built_in import VERSION_ID
from classifier.work import __all__ as handlers
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import square
from tests.classifier.evaluation.answered import make_answered
from tests.datasets.conftest import run_job

# A fixture of another folder.
assert run_job
assert handlers
COLORS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
MAPPING = {"blue": ["jay", "indigo bunting"], "green": ["green snake", "bell pepper"], "red": []}


@pytest.fixture
def version(user):
    """Squares of three colours, four of each for the test."""
    dataset = factories.make_dataset(user=user)
    for split, count in (("train", 2), ("validation", 2), ("test", 4)):
        files = [
            (f"{name}-{split}-{number}.png", square((red, green, blue + number)), name)
            for name, (red, green, blue) in COLORS.items()
            for number in range(100 * (split == "train"), 100 * (split == "train") + count)
        ]
        factories.add_files(dataset, files, split=split)
    return freeze(user=user, dataset=dataset, strategy="folder")


def test_the_built_in_model_is_measured_on_other_classes_and_compared(
    api, page_client, user, version, make_model_version, run_job
):
    url = f"/api/v1/model-versions/{VERSION_ID}/evaluations/"
    body = {"dataset_version": str(version.pk), "class_mapping": MAPPING}
    started = api.post(url, {**body, "other_classes": "left_out"}, format="json")
    assert started.status_code == 202, started.json()
    report = EvaluationReport.objects.get(pk=started.json()["id"])
    # Its file is made by the job where no one has used it yet.
    assert run_job(report.job).status == "succeeded", report.job.error
    found = api.get(f"/api/v1/evaluations/{report.pk}/").json()
    assert (found["class_mapping"], found["other_classes"]) == (MAPPING, "left_out")
    assert found["confusion_matrix"]["class_names"] == ["blue", "green", "red"]

    model = ModelVersion.objects.get(pk=VERSION_ID)
    samples = samples_of(version, Split.TEST)
    predictor = Predictor.load(model.served_path)
    with open_pixels(print) as pixels:
        contents = [sha256 for sha256, _ in samples]
        rows = rows_of(pixels, contents, predictor.views, lambda done, total: None)
        answers = predictor.predict_rows(rows, lambda done, total: None).astype(np.float64)
    names = model.class_names
    taken = [[names.index(each) for each in MAPPING[name]] for name in ("blue", "green")]
    sums = np.stack([answers[:, places].sum(axis=1) for places in taken], axis=1)
    said = sums.argmax(axis=1)
    truth = np.array([index for _, index in samples])
    assert found["accuracy"] == accuracy_score(truth, said)
    assert found["macro"]["f1"] == pytest.approx(
        f1_score(truth, said, average="macro", zero_division=0)
    )
    assert found["per_class"][2]["recall"] == 0, "the model has no such class"

    own = make_model_version(user, version=version)
    own_report = api.post(
        f"/api/v1/model-versions/{own.pk}/evaluations/", {"dataset_version": str(version.pk)}
    ).json()
    assert run_job(EvaluationReport.objects.get(pk=own_report["id"]).job).status == "succeeded"
    compared = api.get(
        f"/api/v1/evaluations/{own_report['id']}/comparison/", {"against": str(report.pk)}
    ).json()
    right = int((said == truth).sum())
    assert compared["images"] == 12
    assert "were mapped onto these" in " ".join(compared["remarks"])
    assert compared["both"] + compared["only_other"] == right
    assert compared["both"] + compared["only_this"] == round(
        api.get(f"/api/v1/evaluations/{own_report['id']}/").json()["accuracy"] * 12
    )
    rows = api.get(
        f"/api/v1/evaluations/{own_report['id']}/comparison/images/",
        {"against": str(report.pk), "which": "only_this", "class_name": "red"},
    ).json()["results"]
    assert {row["other"]["class_name"] for row in rows} <= {"blue", "green"}, "in our words"
    page = page_client.get(f"/evaluations/{report.pk}/").content.decode()
    assert "The model chose among these classes alone" in page
    assert "no class for “red”" in page
    assert "jay, indigo bunting" in page
    page = page_client.get(f"/model-versions/{VERSION_ID}/").content.decode()
    assert "classes mapped" in page
    assert "Full report" not in page, "it is not how the version answers"
    table = api.get(f"/api/v1/evaluations/{report.pk}/download/?as=csv").content.decode()
    assert "(class taken for),blue,jay,indigo bunting" in table
    assert "(class taken for),red\r\n" in table
    assert "(answers of other classes),left_out" in table
    chooser = page_client.get(f"/evaluations/{own_report['id']}/comparison/").content.decode()
    assert "Map otherwise…" in chooser


def test_a_mapping_that_cannot_be_is_refused(api, version):
    url = f"/api/v1/model-versions/{VERSION_ID}/evaluations/"

    def told(mapping, **more):
        body = {"dataset_version": str(version.pk), "class_mapping": mapping, **more}
        answer = api.post(url, body, format="json")
        return answer.status_code, str(answer.json())

    status, detail = told({**MAPPING, "red": ["jay"]})
    assert (status, "received 'jay' more than once" in detail) == (422, True)
    status, detail = told({"blue": ["jay"], "green": ["bell pepper"]})
    assert (status, "does not know 'red'" in detail) == (422, True)
    assert "[] where it has none" in detail
    status, detail = told({name: [] for name in MAPPING})
    assert (status, "At least one class" in detail) == (422, True)
    assert told(MAPPING, other_classes="maybe")[0] == 400
    assert told({**MAPPING, "red": 7})[0] == 400


def test_a_swap_from_before_mappings_had_lists_is_read_as_it_was_meant(user):
    version = factories.make_version(user=user, classes=("cat", "dog"))
    model_version = factories.make_model_version(factories.make_run(user, version))
    report = factories.make_report(model_version, right=2, images=2)
    report.class_mapping = {"cat": ["dog"], "dog": ["cat"]}
    assert report.answer_names == ["cat", "dog"], "in the model's names then"
    assert report.true_places == [1, 0]
    # Today the same mapping gives answers in the names of the dataset.
    swapped = replace(report.figures.confusion_matrix, class_names=("dog", "cat"))
    report.figures = replace(report.figures, confusion_matrix=swapped)
    assert (report.answer_names, report.true_places) == (["dog", "cat"], [1, 0])


def test_a_report_with_answers_comes_through_the_migration_to_lists(user):
    """Down to the shape of before, where a class of the dataset was one of the model, and up."""
    swapped = {"cat": ["dog"], "dog": ["cat"]}
    report = make_answered(user, ("cat", "dog"), mapping=swapped, wrong=[("cat", "dog", 0.8)])
    plain = make_answered(user, ("cat", "dog"))
    before = answer_columns(report)
    loader = MigrationLoader(connection, replace_migrations=False)
    migration = loader.get_migration("classifier", "0023_class_mapping")
    state = loader.project_state(("classifier", "0022_report_further"))

    def stored() -> list:
        with connection.cursor() as cursor:
            # Keys of other tables are looked at now: with any in wait no table can be altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                "SELECT class_mapping::text FROM classifier_evaluationreport"
                " WHERE id = ANY(%s) ORDER BY id = %s DESC",
                [[report.pk, plain.pk], report.pk],
            )
            return [json.loads(row[0]) for row in cursor.fetchall()]

    assert stored() == [swapped, {}]
    with connection.schema_editor() as editor:
        migration.unapply(state.clone(), editor)
    assert stored() == [{"cat": "dog", "dog": "cat"}, {}]
    with connection.schema_editor() as editor:
        migration.apply(state.clone(), editor)
    assert stored() == [swapped, {}]
    known = EvaluationReport.objects.get(pk=report.pk)
    assert (known.other_classes, known.figures) == ("wrong", report.figures)
    _columns.cache_clear()
    answer_columns_again = answer_columns(known)
    assert np.array_equal(answer_columns_again.predicted, before.predicted)
    assert answer_columns_again.class_names == before.class_names
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        EvaluationReport.objects.filter(pk=report.pk).update(class_mapping={})


def test_equal_names_alone_are_no_mapping(api, user):
    version = factories.make_version(user=user, classes=("goldfish", "tench"))
    same = {"goldfish": ["goldfish"], "tench": "tench"}
    body = {"dataset_version": str(version.pk), "class_mapping": same}
    started = api.post(f"/api/v1/model-versions/{VERSION_ID}/evaluations/", body, format="json")
    assert started.json()["class_mapping"] == {}


def boxes(page: str) -> dict[str, bool]:
    """Return the boxes of the classes: what they send, and whether they are ticked."""
    found = re.findall(r'name="(taken-\d+)" value="([^"]*)"( checked)?', page)
    return {f"{name} {html.unescape(value)}": bool(ticked) for name, value, ticked in found}


def test_a_person_says_which_class_is_which(page_client, user):
    version = factories.make_version(user=user, classes=("goldfish", "snake", "widget"))
    here = f"/model-versions/{VERSION_ID}/class-mapping/?dataset_version={version.pk}&split=test"
    form = page_client.post(
        f"/model-versions/{VERSION_ID}/",
        {"dataset_version": str(version.pk), "split": "test", "map": "true"},
    )
    assert form["Location"] == here
    page = page_client.get(here).content.decode()
    before = boxes(page)
    assert before["taken-0 goldfish"] is False, "not even the very same name"
    [snakes] = [name for name in before if name.startswith("taken-1 thunder snake\n")]
    assert not before[snakes], "a suggestion is not taken by itself"
    assert boxes(page_client.get(f"{here}&take=suggested").content.decode())[snakes]
    sent = {"taken-0": "goldfish", "taken-1": snakes.removeprefix("taken-1 ").replace("\n", "\r\n")}
    added = page_client.post(here, {**sent, "find-2": "Screwdriver", "action": "add"})
    assert boxes(added.content.decode())["taken-2 screwdriver"]
    searched = page_client.post(
        here, {**sent, "find-2": "crewdr", "action": "add"}
    ).content.decode()
    assert not boxes(searched)["taken-2 screwdriver"], "found, for the person to tick"
    unknown = page_client.post(here, {**sent, "find-2": "gizmo", "action": "add"})
    assert "No class of the model has “gizmo”." in unknown.content.decode()
    unseen = page_client.post(here, {**sent, "find-2": "crewdr", "action": "evaluate"})
    assert "You have searched for classes" in unseen.content.decode()
    assert page_client.get(here.replace("=test", "=val")).status_code == 400
    odd = {**sent, "taken-2": "gizmo", "action": "evaluate"}
    assert page_client.post(here, odd).status_code == 400
    refused = page_client.post(here, {**sent, "action": "evaluate"})
    assert refused.status_code == 422
    assert "Choose a class, or say that the model has none." in refused.content.decode()
    assert not EvaluationReport.objects.exists()
    started = page_client.post(here, {**sent, "none-2": "true", "action": "evaluate"})
    report = EvaluationReport.objects.get()
    assert started["Location"] == f"/evaluations/{report.pk}/"
    assert report.class_mapping["goldfish"] == ["goldfish"]
    assert (len(report.class_mapping["snake"]), report.class_mapping["widget"]) == (17, [])
    assert report.other_classes == "wrong", "as the API takes it"
    assert re.search(r'value="wrong" checked', page)


def test_a_viewer_starts_nothing(client, user):
    version = factories.make_version(user=user, classes=("goldfish", "tench"))
    client.force_login(factories.make_member(user.personal_organization, Role.VIEWER))
    here = f"/model-versions/{VERSION_ID}/class-mapping/?dataset_version={version.pk}"
    told = client.get(here)
    assert (told.status_code, "the role editor or higher" in told.content.decode()) == (403, True)
    assert b"evaluate-form" not in client.get(f"/model-versions/{VERSION_ID}/").content
    sent = {"taken-0": "goldfish", "taken-1": "tench", "action": "evaluate"}
    assert client.post(here, sent).status_code == 403


def test_images_of_another_tenant_are_not_there(page_client, user):
    foreign = factories.make_version(classes=("cat", "dog"))
    here = f"/model-versions/{VERSION_ID}/class-mapping/?dataset_version={foreign.pk}"
    assert page_client.get(here).status_code == 404
    assert page_client.post(here, {"action": "evaluate"}).status_code == 404
