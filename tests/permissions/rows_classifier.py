"""Who may do what with the routes of classifier. How to write rows stands in matrix.py."""

import json
import uuid

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from classifier.engine.foreign.scaling import Input
from classifier.experiments.services.start_experiment import start_experiment
from classifier.models import (
    BatchPrediction,
    Challenge,
    DriftCheck,
    FastMode,
    FirstRun,
    ModelAlias,
    ModelCopy,
    ModelExport,
    Prediction,
    RegisteredModel,
    RetrainingDraft,
    ReviewItem,
)
from classifier.prediction.services.try_links.manage import make_try_link
from classifier.registry.services.importing.start_import import Wish, start_model_import
from classifier.review.services.select import start_selection
from classifier.training.services.run_samples import store_run_samples
from classifier.training.services.search_rate import start_search
from datasets.models import Forgetting, Split
from jobs.models import Job, Status
from tests import factories
from tests.classifier.engine.foreign.crafted import COLOURS, keras_file
from tests.classifier.kept import make_kept
from tests.permissions import of_batches
from tests.permissions.matrix import PEOPLE, ForeignKey, World, api, page, share, shared

PICTURE = np.zeros((8, 8, 3), np.uint8)


def build(world: World) -> None:
    """Make runs, a model with a version and a report, for both tenants."""
    owner, other = world.people["owner"], world.people["other"]
    dataset = factories.make_dataset(organization=world.organization)
    for name in ("cat", "dog"):
        world.explained_image = factories.make_images(dataset, name, 10)[0]
    world.run_version = factories.make_version(dataset, user=owner)
    world.run = factories.make_run(owner, world.run_version)
    store_run_samples(
        run=world.run, augmentation="none", image_size=32, fit="stretch", pictures=[(PICTURE, 0)]
    )
    world.cancelled_run = factories.make_run(owner, world.run_version)
    Job.objects.filter(pk=world.cancelled_run.job_id).update(status=Status.CANCELLED)
    world.running_run = factories.make_run(owner, world.run_version)
    Job.objects.filter(pk=world.running_run.job_id).update(status=Status.QUEUED)
    Job.objects.filter(pk=world.running_run.job_id).update(status=Status.RUNNING, fence=1)
    done = factories.make_run(owner, world.run_version)
    world.model_version = factories.make_model_version(done)
    world.model = world.model_version.model
    ModelAlias.objects.create(model=world.model, alias="challenger", version=world.model_version)
    idle = factories.make_run(owner, world.run_version)
    Job.objects.filter(pk=idle.job_id).update(status=Status.CANCELLED)
    world.idle_version = factories.make_model_version(idle, live=False)
    world.prediction = Prediction.objects.create(
        organization=world.organization, model_version=world.model_version, name="a", answer={}
    )
    world.kept_prediction = make_kept(
        owner, world.model_version, organization=world.organization
    ).prediction
    Challenge.objects.create(
        model=world.model,
        mode="share",
        share=0.5,
        champion=world.model_version,
        challenger=world.model_version,
    )
    world.try_link, world.try_secret = make_try_link(user=owner, model=world.model, name="Open day")
    # As many answers as the test split has images.
    world.report = factories.make_report(world.model_version, right=1, images=2, job=done.job)
    tested = world.run_version.samples.filter(split=Split.TEST)
    # The id alone: a sample's is a number that stands in many answers by chance.
    world.tested_image = tested.values_list("image", flat=True).first()
    world.export = ModelExport.objects.create(
        model_version=world.model_version,
        format="keras",
        job=Job.objects.create(
            kind="export", queue="io", organization=world.organization, title="Export"
        ),
    )
    Job.objects.filter(pk=world.export.job_id).update(status=Status.CANCELLED)
    FastMode.objects.create(
        model_version=world.model_version,
        job=Job.objects.create(
            kind="fast_mode", queue="io", organization=world.organization, title="Fast mode"
        ),
    )
    world.drift_check = DriftCheck.objects.create(
        organization=world.organization,
        model=world.model,
        model_version=world.model_version,
        scheduled=False,
        level=0.01,
        job=Job.objects.create(
            kind="check_drift", queue="io", organization=world.organization, title="Drift check",
            status=Status.CANCELLED,
        ),
    )  # fmt: skip
    world.search = start_search(user=owner, dataset_version=world.run_version, preset="cnn_tiny")
    Job.objects.filter(pk=world.search.job_id).update(status=Status.CANCELLED)
    world.model_import = start_model_import(
        user=owner,
        file=_foreign_file(),
        file_name="colours.keras",
        wish=Wish(
            class_names=COLOURS,
            given=Input(size=None, scaling="0..1", channels="rgb"),
            organization=world.organization,
        ),
    )
    world.archived_model = RegisteredModel.objects.create(
        organization=world.organization, name="Put away", archived_at=timezone.now()
    )
    world.experiment = _experiment(owner, world.run_version)
    world.ended_experiment = _experiment(owner, world.run_version)
    Job.objects.filter(pk=world.ended_experiment.job_id).update(status=Status.CANCELLED)
    alone = factories.make_dataset(organization=world.organization)
    world.unheld_image = factories.make_images(alone, "cat", 1, start=77)[0]
    world.forgetting = Forgetting.objects.create(
        organization=world.organization,
        sha256="0" * 64,
        dataset_ids=[alone.pk],
        image_ids=[],
        reason="Asked for.",
        job=Job.objects.create(
            kind="forget_image", queue="io", organization=world.organization, title="Forgetting"
        ),
    )
    planned = factories.make_dataset(organization=world.organization)
    world.planned = FirstRun.objects.create(dataset=planned, created_by=owner)
    of_batches.build(world)
    share(world, dataset, world.model)
    world.model_copy = ModelCopy.objects.create(
        organization=world.organization,
        name="Copied",
        source_name="Birds",
        source_organization="Ward",
        source_version=uuid.uuid4(),
        source_number=1,
        job=Job.objects.create(
            kind="copy_model", queue="io", organization=world.organization, title="Copy"
        ),
    )
    readable = (world.run_version, world.explained_image, world.model_version)
    world.shared |= {str(row.pk) for row in readable}
    drafted = {
        "version": world.model_version,
        "reason": "labels",
        "why": "",
        "expected": "",
        "new_labels": 1,
        "corrected": 0,
        "dataset": dataset,
        "preset": "cnn_tiny",
        "config": {},
    }
    world.draft = RetrainingDraft.objects.create(model=world.model, **drafted)
    world.review_batch = BatchPrediction.objects.create(
        organization=world.organization,
        model_version=world.model_version,
        source="archive",
        source_name="new.zip",
        image_count=0,
        top_k=1,
        expires_at=timezone.now(),
        job=Job.objects.create(
            kind="predict_batch", queue="io", organization=world.organization, title="Batch"
        ),
    )
    world.review_dataset = factories.make_dataset(organization=world.organization)
    asked = factories.make_images(world.review_dataset, "", 2, start=300)
    world.review_selection = start_selection(
        user=owner, dataset=world.review_dataset, kind="unlabelled"
    )
    about = {"organization": world.organization, "dataset": world.review_dataset}
    world.review_item = ReviewItem.objects.create(
        **about, reason="unlabelled", image=asked[0], uncertainty=0.5
    )
    world.answered_item = ReviewItem.objects.create(
        **about,
        reason="unlabelled",
        image=asked[1],
        uncertainty=0.5,
        status="answered",
        class_name="cat",
        answered_by=owner,
    )
    world.other_version = factories.make_version(user=other)
    world.other_run = factories.make_run(other, world.other_version)
    world.other_model = factories.make_model_version(world.other_run).model
    of_batches.build(world)


def _foreign_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("colours.keras", keras_file())


def _prediction(world: World) -> dict:
    return {"prediction_id": world.kept_prediction.pk}


def _kept_image(world: World) -> dict:
    return {**_prediction(world), "place": 0}


def _import(world: World) -> dict:
    return {"import_id": world.model_import.pk}


def _foreign(world: World) -> dict:
    return {
        "file": _foreign_file(),
        "class_names": json.dumps(COLOURS),
        "input": json.dumps({"scaling": "0..1"}),
        "organization": world.organization.slug,
    }


def _foreign_form(world: World) -> dict:
    return {
        "file": _foreign_file(),
        "class_names": "\n".join(COLOURS),
        "scaling": "0..1",
        "fit": "stretch",
        "organization": world.organization.pk,
    }


@shared
def _image(world: World) -> dict:
    return {"image_id": world.explained_image.pk}


def _experiment(owner, version):
    values = {"preset": "logistic_regression", "folds": 2, "strategy": "stratified", "seed": 0}
    return start_experiment(
        user=owner, kind="cross_validation", dataset_version=version, values=values
    )


def _validate(world: World) -> dict:
    return {
        "kind": "cross_validation",
        "dataset_version": str(world.run_version.pk),
        "preset": "logistic_regression",
        "folds": 2,
    }


def _asked(world: World) -> dict:
    return {"experiment_id": world.experiment.pk}


def _ended(world: World) -> dict:
    return {"experiment_id": world.ended_experiment.pk}


def _run(world: World) -> dict:
    return {"run_id": world.run.pk}


def _planned(world: World) -> dict:
    return {"dataset_id": world.planned.dataset_id}


def _cancelled(world: World) -> dict:
    return {"run_id": world.cancelled_run.pk}


def _running(world: World) -> dict:
    return {"run_id": world.running_run.pk}


@shared
def _model(world: World) -> dict:
    return {"model_id": world.model.pk}


def _drift_check(world: World) -> dict:
    return {"check_id": world.drift_check.pk}


def _archived(world: World) -> dict:
    return {"model_id": world.archived_model.pk}


def _run_page(world: World) -> dict:
    return {"pk": world.run.pk}


def _ended_page(world: World) -> dict:
    return {"pk": world.cancelled_run.pk}


@shared
def _model_page(world: World) -> dict:
    return {"pk": world.model.pk}


def _archived_page(world: World) -> dict:
    return {"pk": world.archived_model.pk}


@shared
def _file(world: World) -> dict:
    return {**_version(world), "name": "model.onnx"}


@shared
def _version(world: World) -> dict:
    return {"version_id": world.model_version.pk}


@shared
def _run_version(world: World) -> dict:
    return {"version_id": world.run_version.pk}


@shared
def _run_version_page(world: World) -> dict:
    return {"pk": world.run_version.pk}


@shared
def _version_page(world: World) -> dict:
    return {"pk": world.model_version.pk}


def _unheld(world: World) -> dict:
    return {"image_id": world.unheld_image.pk}


def _reason(world: World) -> dict:
    return {"reason": "Asked for."}


def _forgetting(world: World) -> dict:
    return {"forgetting_id": world.forgetting.pk}


def _report(world: World) -> dict:
    return {"report_id": world.report.pk}


def _mistake(world: World) -> dict:
    return {**_report(world), "image_id": world.tested_image}


def _start(world: World) -> dict:
    return {"dataset_version": str(world.run_version.pk), "preset": "cnn_tiny"}


def _evaluate(world: World) -> dict:
    return {"dataset_version": str(world.run_version.pk), "split": "test"}


def _keras(world: World) -> dict:
    return {"format": "keras"}


def _limits(world: World) -> dict:
    return {"limits": "Never tried at night."}


def _typed(world: World) -> dict:
    return {"field": "limits", "text": "Never tried at night."}


@shared
def _alias(world: World) -> dict:
    return {**_model(world), "alias": "champion"}


def _export(world: World) -> dict:
    return {"export_id": world.export.pk}


def _try_link(world: World) -> dict:
    return {"link_id": world.try_link.pk}


def _challenger(world: World) -> dict:
    return {**_model(world), "alias": "challenger"}


def _idle(world: World) -> dict:
    return {"version_id": world.idle_version.pk}


def _idle_page(world: World) -> dict:
    return {"pk": world.idle_version.pk}


def _settings(world: World) -> dict:
    from classifier.engine.presets.registry import PRESETS

    settings = PRESETS["cnn_tiny"].defaults.to_dict()
    typed = {name: "" if value is None else value for name, value in settings.items()}
    return _start(world) | {f"config-{name}": value for name, value in typed.items()}


def _draft(world: World) -> dict:
    return {"draft_id": world.draft.pk}


def _rule(world: World) -> dict:
    return {"labels": 100, "drift": True, "every_days": None}


_DRAFT = "retraining-drafts/<uuid:draft_id>/"


def _review_item(world: World) -> dict:
    return {"item_id": world.review_item.pk}


def _answered_item(world: World) -> dict:
    return {"item_id": world.answered_item.pk}


def _review_organization(world: World) -> dict:
    return {"organization": world.organization.slug}


_REVIEW_ITEM = "review-items/<uuid:item_id>/"
_RUN = "training-runs/<uuid:run_id>/"
_EXPERIMENT = "experiments/<uuid:experiment_id>/"
_FIRST_RUN = "datasets/<uuid:dataset_id>/first-run/"
_MODEL = "models/<uuid:model_id>/"
_BY_LINK = {"Loupe-Try-Link": lambda w: w.try_secret}
_REPORT = "evaluations/<uuid:report_id>/"
_MISTAKE = f"{_REPORT}mistakes/<uuid:image_id>/"
_IMAGE = "images/<uuid:image_id>/"
_PREDICTION = "predictions/<uuid:prediction_id>/"
_KEEPING_PAGE = "organizations/<slug:slug>/predictions/"
_KEEPING = "organizations/<slug:slug>/prediction-keeping/"
_VERSION = "model-versions/<uuid:version_id>/"
ROWS = [
    page("GET", "models/<uuid:model_id>/retraining/", path=_model),
    page(
        "POST",
        "models/<uuid:model_id>/retraining/",
        needs="admin",
        ok=302,
        path=_model,
        body=lambda w: {"labels": 5},
    ),
    page("POST", f"{_DRAFT}start/", needs="admin", ok=302, path=_draft),
    page("POST", f"{_DRAFT}dismiss/", needs="admin", ok=302, path=_draft),
    page(
        "POST",
        "batch-predictions/<uuid:batch_id>/review/",
        needs="editor",
        ok=302,
        path=lambda w: {"batch_id": w.review_batch.pk},
    ),
    page("GET", "review/", other=200),
    page("GET", "review/select/", other=200),
    # A dataset that one may not change is none of the form's.
    page(
        "POST",
        "review/select/",
        needs="editor",
        ok=302,
        other=422,
        viewer=422,
        body=lambda w: {"dataset": w.review_dataset.pk, "kind": "unlabelled"},
    ),
    page(
        "GET",
        "review/selections/<uuid:selection_id>/",
        path=lambda w: {"selection_id": w.review_selection.pk},
    ),
    api("GET", f"{_MODEL}retraining/", path=_model),
    api("PUT", f"{_MODEL}retraining/", needs="admin", path=_model, body=_rule),
    api("GET", "retraining-drafts/", other=200),
    api("GET", _DRAFT, path=_draft),
    api("POST", f"{_DRAFT}start/", needs="admin", ok=202, path=_draft),
    api("POST", f"{_DRAFT}dismiss/", needs="admin", path=_draft),
    *of_batches.ROWS,
    api("GET", "review-items/", other=200),
    # An organization that one is not in: 400.
    api("POST", "review-items/claim/", needs="editor", other=400, body=_review_organization),
    api("POST", "review-items/release/", needs="editor", other=400, body=_review_organization),
    api("GET", _REVIEW_ITEM, path=_review_item),
    api(
        "POST",
        f"{_REVIEW_ITEM}answer/",
        needs="editor",
        path=_review_item,
        body=lambda w: {"class_name": "cat"},
    ),
    # Who answered takes it back.
    api("POST", f"{_REVIEW_ITEM}undo/", needs="editor", ok=409, owner=200, path=_answered_item),
    api("GET", "review-selections/", other=200),
    api(
        "POST",
        "review-selections/",
        needs="editor",
        ok=202,
        other=400,
        body=lambda w: {"dataset": str(w.review_dataset.pk), "kind": "unlabelled"},
    ),
    api(
        "GET",
        "review-selections/<uuid:selection_id>/",
        path=lambda w: {"selection_id": w.review_selection.pk},
    ),
    api("GET", "presets/", other=200),
    # 409: what makes the dataset of these rows have no vectors.
    api(
        "POST",
        "datasets/<uuid:dataset_id>/instant-model/register/",
        needs="editor",
        ok=409,
        path=lambda w: {"dataset_id": w.dataset.pk},
        reader=403,
    ),
    api("GET", "learning-rate-searches/", other=200),
    api("POST", "learning-rate-searches/", needs="editor", ok=202, body=_start, other=400),
    api(
        "GET",
        "learning-rate-searches/<uuid:search_id>/",
        path=lambda w: {"search_id": w.search.pk},
    ),
    api("GET", "training-runs/", other=200),
    # A version that the caller cannot see is a fault of the body.
    # On what is shared the reader's own organization trains and evaluates.
    api("POST", "training-runs/", needs="editor", ok=202, body=_start, other=400, reader=202),
    api("GET", "training-runs/compare/", other=200),
    api("GET", _RUN, path=_run),
    api("PATCH", _RUN, needs="editor", path=_run, body=lambda w: {"name": "Renamed"}),
    api("DELETE", _RUN, needs="admin", ok=204, path=_cancelled),
    api("GET", f"{_RUN}epochs/", path=_run),
    api("GET", f"{_RUN}tensorboard/", path=_run),
    # 409: the run of these rows has not succeeded.
    api("GET", f"{_RUN}script/", ok=409, path=_run),
    api("GET", f"{_RUN}classes/", path=_run),
    api("GET", f"{_RUN}sample-predictions/", path=_run),
    api("GET", f"{_RUN}samples/", path=_run),
    api("GET", f"{_RUN}samples/<int:number>/", path=lambda w: {**_run(w), "number": 0}),
    api("POST", f"{_RUN}cancel/", needs="editor", ok=202, path=_run),
    api("POST", f"{_RUN}finish/", needs="editor", ok=202, path=_running, body=lambda w: {}),
    api("POST", f"{_RUN}resume/", needs="editor", ok=202, path=_cancelled),
    api("GET", f"{_RUN}without-treatment/", path=_run),
    # It treats all images alike: test_with_and_without.py trains one that does not.
    api("POST", f"{_RUN}without-treatment/", needs="editor", ok=409, path=_run),
    api("POST", f"{_RUN}clone/", needs="editor", ok=202, path=_run, body=lambda w: {}),
    api("GET", "experiments/", other=200),
    api("POST", "experiments/", needs="editor", ok=202, body=_validate, other=400),
    api("GET", _EXPERIMENT, path=_asked),
    api("DELETE", _EXPERIMENT, needs="admin", ok=204, path=_ended),
    api("POST", f"{_EXPERIMENT}cancel/", needs="editor", ok=202, path=_asked),
    api("POST", f"{_EXPERIMENT}resume/", needs="editor", ok=202, path=_ended),
    api("GET", f"{_EXPERIMENT}trials/", path=_asked),
    # It is no search: test_search.py retrains one.
    api("POST", f"{_EXPERIMENT}retrain/", needs="editor", ok=409, path=_asked, body=lambda w: {}),
    api("GET", "models/", other=200),
    api("GET", "models/imports/", other=200),
    # In another's organization: a fault of the body.
    api(
        "POST",
        "models/imports/",
        needs="editor",
        ok=202,
        other=400,
        body=_foreign,
        content="form",
    ),
    api("GET", "models/imports/<uuid:import_id>/", path=_import),
    api("GET", _MODEL, path=_model, reader=200),
    api("PATCH", _MODEL, needs="editor", path=_model, body=lambda w: {"description": "x"}),
    api("DELETE", _MODEL, needs="admin", ok=204, path=_archived),
    api("GET", f"{_MODEL}versions/", path=_model, reader=200),
    api("GET", f"{_MODEL}history/", path=_model),
    api(
        "PUT",
        f"{_MODEL}aliases/<str:alias>/",
        needs="editor",
        path=_alias,
        body=lambda w: {"version": 1},
    ),
    api(
        "DELETE",
        f"{_MODEL}aliases/<str:alias>/",
        needs="editor",
        ok=204,
        path=_challenger,
        reader=403,
    ),
    # Nothing was live before: who may roll back gets as far as that.
    api(
        "POST",
        f"{_MODEL}rollback/",
        needs="editor",
        ok=409,
        path=_model,
        body=lambda w: {"previous": 1},
    ),
    # Without a version: who may see the image gets as far as that.
    api("GET", f"{_IMAGE}explanation/", ok=400, path=_image),
    page("GET", f"{_IMAGE}explanations/", path=_image),
    # Readers, too, see what their own organization asked.
    api("GET", f"{_MODEL}monitoring/", path=_model, reader=200),
    api("GET", f"{_MODEL}drift-watch/", path=_model, reader=200),
    api(
        "PATCH",
        f"{_MODEL}drift-watch/",
        needs="editor",
        path=_model,
        body=lambda w: {"window": 100},
        reader=200,
    ),
    api("GET", f"{_MODEL}drift-checks/", path=_model, reader=200),
    # 409: too few predictions.
    api(
        "POST",
        f"{_MODEL}drift-checks/",
        needs="editor",
        ok=409,
        path=_model,
        body=lambda w: {},
        reader=409,
    ),
    api("GET", "drift-checks/<uuid:check_id>/", path=_drift_check),
    api("GET", "drift-checks/<uuid:check_id>/images/", path=_drift_check),
    api("GET", f"{_MODEL}gate/", path=_model),
    api("PUT", f"{_MODEL}gate/", needs="admin", path=_model, body=lambda w: {"rules": []}),
    api("GET", "predictions/", other=200),
    api(
        "POST",
        "predictions/delete/",
        needs="editor",
        other=400,
        body=lambda w: {
            "predictions": [str(w.kept_prediction.pk)],
            "organization": w.organization.slug,
        },
    ),
    api("GET", _PREDICTION, path=_prediction),
    api("DELETE", _PREDICTION, needs="editor", ok=204, path=_prediction),
    api("GET", f"{_PREDICTION}images/<int:place>/", path=_kept_image),
    api("GET", f"{_PREDICTION}images/<int:place>/thumbnail/", path=_kept_image),
    api(
        "POST",
        f"{_PREDICTION}feedback/",
        needs="editor",
        ok=201,
        path=_prediction,
        body=lambda w: {"class_name": "cat"},
    ),
    api("DELETE", f"{_PREDICTION}feedback/", needs="editor", ok=204, path=_prediction),
    # Its image is not kept.
    api(
        "GET",
        f"{_PREDICTION}explanation/",
        ok=409,
        path=lambda w: {"prediction_id": w.prediction.pk},
    ),
    api("GET", f"{_MODEL}challenge/", path=_model),
    # 409: champion and challenger are one version here.
    api(
        "PUT",
        f"{_MODEL}challenge/",
        needs="admin",
        ok=409,
        path=_model,
        body=lambda w: {"mode": "share", "share": 0.5},
    ),
    api("DELETE", f"{_MODEL}challenge/", needs="admin", ok=204, path=_model),
    api(
        "POST",
        f"{_MODEL}challenge/promote/",
        needs="editor",
        path=_model,
        body=lambda w: {},
    ),
    api("GET", f"{_MODEL}try-links/", path=_model),
    api(
        "POST",
        f"{_MODEL}try-links/",
        needs="editor",
        ok=201,
        path=_model,
        body=lambda w: {"name": "Open day"},
    ),
    api("DELETE", "try-links/<uuid:link_id>/", needs="editor", ok=204, path=_try_link),
    page("GET", f"{_MODEL}try-links/", path=_model),
    page(
        "POST",
        f"{_MODEL}try-links/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"name": "Open day", "days": 7, "max_predictions": 10},
    ),
    page("POST", "try-links/<uuid:link_id>/revoke/", needs="editor", ok=302, path=_try_link),
    # Open to anyone by design: what counts is the link's secret.
    page("GET", "try/", **dict.fromkeys(PEOPLE, 200)),
    api("GET", "try/", **dict.fromkeys(PEOPLE, 200), headers=_BY_LINK),
    api(
        "POST",
        "try/",
        **dict.fromkeys(PEOPLE, 400),
        headers=_BY_LINK,
        content="form",
        body=lambda w: {},
        csrf=False,
    ),
    page("GET", f"{_MODEL}challenge/", path=_model),
    page(
        "POST",
        f"{_MODEL}challenge/",
        needs="admin",
        ok=422,
        path=_model,
        body=lambda w: {"mode": "share", "percent": 50},
    ),
    page("POST", f"{_MODEL}challenge/stop/", needs="admin", ok=302, path=_model),
    page("POST", f"{_MODEL}challenge/promote/", needs="editor", ok=302, path=_model),
    page("GET", "predictions/", other=200, reader=200),
    page("GET", _PREDICTION, path=_prediction),
    page(
        "POST",
        _PREDICTION,
        needs="editor",
        ok=302,
        path=_prediction,
        body=lambda w: {"class_name": "cat"},
    ),
    page(
        "POST",
        f"{_PREDICTION}feedback/take-back/",
        needs="editor",
        ok=302,
        path=_prediction,
    ),
    page("POST", f"{_PREDICTION}delete/", needs="editor", ok=302, path=_prediction),
    page("GET", _KEEPING_PAGE, path=lambda w: {"slug": w.organization.slug}),
    page(
        "POST",
        _KEEPING_PAGE,
        needs="admin",
        ok=302,
        path=lambda w: {"slug": w.organization.slug},
        body=lambda w: {"days": 30, "mebibytes": 1},
    ),
    page(
        "POST",
        f"{_KEEPING_PAGE}delete/",
        needs="editor",
        ok=302,
        path=lambda w: {"slug": w.organization.slug},
        body=lambda w: {"prediction": [str(w.kept_prediction.pk)]},
    ),
    page(
        "POST",
        f"{_KEEPING_PAGE}delete-all/",
        needs="admin",
        ok=302,
        path=lambda w: {"slug": w.organization.slug},
    ),
    api("GET", _KEEPING, path=lambda w: {"slug": w.organization.slug}),
    api(
        "PUT",
        _KEEPING,
        needs="admin",
        path=lambda w: {"slug": w.organization.slug},
        body=lambda w: {"enabled": True, "days": 30, "max_bytes": 1 << 20},
    ),
    # Without the picture, likewise.
    api(
        "POST",
        "predictions/<uuid:prediction_id>/explanation/",
        ok=400,
        path=lambda w: {"prediction_id": w.prediction.pk},
        body=lambda w: {},
        content="form",
    ),
    api("GET", f"{_IMAGE}models/", path=_image),
    api("GET", f"{_IMAGE}forgetting/", path=_image),
    api("POST", f"{_IMAGE}forgetting/", needs="admin", ok=202, path=_unheld, body=_reason),
    api("GET", "forgettings/", other=200),
    api("GET", "forgettings/<uuid:forgetting_id>/", path=_forgetting),
    api("GET", f"{_RUN}lineage/", path=_run),
    api("GET", f"{_VERSION}lineage/", path=_version),
    api("GET", "dataset-versions/<uuid:version_id>/lineage/", path=_run_version),
    page("GET", f"{_IMAGE}models/", path=_image),
    page("GET", f"{_IMAGE}forget/", path=_image),
    page("POST", f"{_IMAGE}forget/", needs="admin", ok=302, path=_unheld, body=_reason),
    page("GET", "forgettings/<uuid:forgetting_id>/", path=_forgetting),
    page("GET", "training/<uuid:pk>/lineage/", path=_run_page),
    page("GET", "model-versions/<uuid:pk>/lineage/", path=_version_page),
    page("GET", "dataset-versions/<uuid:pk>/lineage/", path=_run_version_page),
    # Without images: who may ask gets as far as the fault in the body.
    api("POST", f"{_MODEL}predict/", ok=400, reader=400, path=_model, body=lambda w: {}),
    api("GET", f"{_MODEL}shares/", needs="admin", path=_model),
    api(
        "POST",
        f"{_MODEL}shares/",
        needs="admin",
        ok=201,
        path=_model,
        body=lambda w: {"receiver": "any-other"},
    ),
    api("GET", _VERSION, path=_version, reader=200),
    api("PATCH", _VERSION, needs="editor", path=_version, body=lambda w: {"tags": ["x"]}),
    api("DELETE", _VERSION, needs="admin", ok=204, path=_idle),
    # The row has no file: who may have it gets as far as that.
    api("GET", f"{_VERSION}files/<str:name>/", needs="editor", ok=409, path=_file),
    api("GET", "model-copies/", other=200),
    api(
        "POST",
        "model-copies/",
        needs="editor",
        ok=202,
        other=400,
        reader=202,
        body=lambda w: {"version": str(w.model_version.pk)},
    ),
    api("GET", "model-copies/<uuid:copy_id>/", path=lambda w: {"copy_id": w.model_copy.pk}),
    api("GET", f"{_VERSION}exports/", path=_version),
    # The row has no file: who may have it exported gets as far as that.
    api("POST", f"{_VERSION}exports/", needs="editor", ok=422, path=_version, body=_keras),
    api("GET", f"{_VERSION}card/", path=_version),
    api("PATCH", f"{_VERSION}card/", needs="editor", path=_version, body=_limits),
    api("GET", f"{_VERSION}annex-iv/", path=_version),
    api("PATCH", f"{_VERSION}annex-iv/", needs="editor", path=_version, body=_limits),
    # Without a decision: who may see the version gets as far as that.
    api("GET", f"{_VERSION}decision/", ok=404, path=_version),
    api(
        "PUT",
        f"{_VERSION}decision/",
        needs="editor",
        ok=202,
        path=_version,
        body=lambda w: {"precision": 0.95},
    ),
    api("DELETE", f"{_VERSION}decision/", needs="editor", ok=404, path=_version),
    api("GET", f"{_VERSION}fast-mode/", path=_version),
    api("POST", f"{_VERSION}fast-mode/", needs="editor", ok=202, path=_version),
    api(
        "PATCH",
        f"{_VERSION}fast-mode/",
        needs="editor",
        ok=409,
        path=_version,
        body=lambda w: {"enabled": True},
    ),
    api("GET", "exports/<uuid:export_id>/", path=_export),
    api("DELETE", "exports/<uuid:export_id>/", needs="editor", ok=204, path=_export),
    api("GET", f"{_VERSION}evaluations/", path=_version, reader=200),
    api(
        "POST",
        f"{_VERSION}evaluations/",
        needs="editor",
        ok=202,
        reader=202,
        path=_version,
        body=_evaluate,
    ),
    api("GET", "evaluations/<uuid:report_id>/", path=_report),
    api("GET", "evaluations/<uuid:report_id>/download/", path=_report),
    api("GET", "evaluations/<uuid:report_id>/curves/", path=_report),
    api("GET", "dataset-versions/<uuid:version_id>/label-rates/", path=_run_version),
    # Asked for by no one yet.
    api("GET", "evaluations/<uuid:report_id>/robustness/", path=_report, ok=404),
    api(
        "POST",
        "evaluations/<uuid:report_id>/robustness/",
        needs="editor",
        ok=202,
        path=_report,
        body=lambda w: {"images": 20},
    ),
    api("GET", "evaluations/<uuid:report_id>/predictions/", path=_report),
    # Without what it is compared with: who may see the report gets as far as that.
    api("GET", "evaluations/<uuid:report_id>/comparison/", path=_report, ok=400),
    api("GET", "evaluations/<uuid:report_id>/comparison/images/", path=_report, ok=400),
    page("GET", "", other=200),
    page("GET", _FIRST_RUN, path=_planned),
    page("POST", _FIRST_RUN, needs="editor", ok=409, path=_planned),
    page("POST", f"{_FIRST_RUN}ready/", needs="editor", path=_planned),
    page("POST", f"{_FIRST_RUN}go-on/", needs="editor", path=_planned),
    page("POST", f"{_FIRST_RUN}stop/", needs="editor", path=_planned),
    page("GET", "training/", other=200),
    page("GET", "training/new/", other=200),
    # People are offered only versions that they may train on.
    page("POST", "training/new/", ok=302, body=_settings, viewer=422, other=422, reader=302),
    page("GET", "training/new/settings/", query="?preset=cnn_tiny", other=200),
    # Without a version; test_augmentation_preview.py asks for another tenant's.
    page("GET", "training/new/augmentation/", query="?preset=cnn_tiny", ok=404, other=404),
    # A version that a person may not train on is not there for them.
    page(
        "POST",
        "training/learning-rates/",
        body=lambda w: {**_settings(w), "rate": "learning_rate"},
        viewer=404,
        other=404,
    ),
    page(
        "GET",
        "training/learning-rates/<uuid:search_id>/",
        path=lambda w: {"search_id": w.search.pk},
    ),
    page("GET", "training/<uuid:run_id>/", path=_run),
    page("GET", "training/<uuid:run_id>/watched/", path=_run),
    page("GET", "training/<uuid:run_id>/classes/", path=_run),
    page(
        "POST",
        "training/<uuid:run_id>/finish/",
        needs="editor",
        ok=302,
        path=_running,
        body=lambda w: {"when": "epoch"},
    ),
    page("POST", "training/<uuid:run_id>/resume/", needs="editor", ok=302, path=_cancelled),
    page("POST", "training/<uuid:run_id>/without-treatment/", needs="editor", ok=409, path=_run),
    page("GET", "training/<uuid:run_id>/clone/", path=_run),
    page("POST", "training/<uuid:run_id>/clone/", ok=302, path=_run, body=_settings, viewer=422),
    page("GET", "training/<uuid:pk>/settings/", path=_run_page),
    page(
        "POST",
        "training/<uuid:pk>/settings/",
        needs="editor",
        ok=302,
        path=_run_page,
        body=lambda w: {"name": "Renamed"},
    ),
    page("POST", "training/<uuid:pk>/archive/", needs="editor", ok=302, path=_run_page),
    page("POST", "training/<uuid:pk>/delete/", needs="admin", ok=302, path=_ended_page),
    page("GET", "experiments/", other=200),
    page("GET", "experiments/new/", other=200),
    page(
        "GET",
        "experiments/new/<slug:kind>/",
        path=lambda w: {"kind": "cross_validation"},
        other=200,
    ),
    page(
        "POST",
        "experiments/new/<slug:kind>/",
        ok=302,
        path=lambda w: {"kind": "cross_validation"},
        body=lambda w: {**_validate(w), "strategy": "stratified"},
        viewer=422,
        other=422,
    ),
    page("GET", _EXPERIMENT, path=_asked),
    page("POST", f"{_EXPERIMENT}delete/", needs="admin", ok=302, path=_ended),
    page("POST", f"{_EXPERIMENT}retrain/", needs="editor", ok=302, path=_asked),
    page("GET", "experiments/new/search/space/", other=200),
    page("GET", "models/<uuid:pk>/settings/", path=_model_page),
    page(
        "POST",
        "models/<uuid:pk>/settings/",
        needs="editor",
        ok=302,
        path=_model_page,
        body=lambda w: {"name": "Renamed"},
    ),
    page(
        "POST",
        "models/<uuid:pk>/shares/",
        needs="admin",
        ok=302,
        path=_model_page,
        body=lambda w: {"receiver": "any-other"},
    ),
    page("POST", "models/<uuid:pk>/archive/", needs="editor", ok=302, path=_model_page),
    page("POST", "models/<uuid:pk>/delete/", needs="admin", ok=302, path=_archived_page),
    page("GET", "models/", other=200),
    page("GET", "models/imports/", other=200),
    # An organization that the person may not edit is no choice.
    page(
        "POST",
        "models/imports/",
        needs="editor",
        ok=302,
        viewer=422,
        other=422,
        body=_foreign_form,
    ),
    page("GET", "models/imports/<uuid:import_id>/", path=_import),
    page("GET", "models/<uuid:model_id>/", path=_model, reader=200),
    page("GET", "models/<uuid:model_id>/monitoring/", path=_model, reader=200),
    page(
        "POST",
        "models/<uuid:model_id>/monitoring/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"check": "yes"},
        reader=302,
    ),
    page("GET", "models/<uuid:model_id>/gate/", path=_model),
    page(
        "POST",
        "models/<uuid:model_id>/gate/",
        needs="admin",
        ok=302,
        path=_model,
        body=lambda w: {"dataset_version": ""},
    ),
    page(
        "POST",
        "models/<uuid:model_id>/gate/preview/",
        needs="admin",
        path=_model,
        body=lambda w: {"dataset_version": ""},
    ),
    page(
        "POST",
        "models/<uuid:model_id>/promote/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"version": 1, "reason": ""},
    ),
    page(
        "POST",
        f"{_MODEL}rollback/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"previous": 1},
    ),
    page(
        "POST",
        f"{_MODEL}aliases/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"alias": "challenger", "version": "1"},
    ),
    page(
        "POST",
        f"{_MODEL}aliases/remove/",
        needs="editor",
        ok=302,
        path=_model,
        body=lambda w: {"alias": "challenger"},
    ),
    page("GET", _VERSION, path=_version, reader=200),
    page("GET", "model-versions/<uuid:pk>/settings/", path=_idle_page),
    page(
        "POST",
        "model-versions/<uuid:pk>/settings/",
        needs="editor",
        ok=302,
        path=_idle_page,
        body=lambda w: {"tags": "x", "note": ""},
    ),
    page("POST", "model-versions/<uuid:pk>/delete/", needs="admin", ok=302, path=_idle_page),
    page("POST", _VERSION, ok=302, reader=302, path=_version, body=_evaluate, viewer=422),
    page("GET", f"{_VERSION}card/", path=_version),
    page("POST", f"{_VERSION}card/", needs="editor", ok=302, path=_version, body=_typed),
    page("GET", f"{_VERSION}annex-iv/", path=_version),
    page("POST", f"{_VERSION}annex-iv/", needs="editor", ok=302, path=_version, body=_typed),
    # Without a dataset version; test_class_mapping.py asks for another tenant's.
    page("GET", f"{_VERSION}class-mapping/", ok=404, reader=404, path=_version),
    page("POST", f"{_VERSION}class-mapping/", ok=404, reader=404, path=_version, body=lambda w: {}),
    page("GET", f"{_VERSION}exports/", path=_version),
    page("POST", f"{_VERSION}exports/", needs="editor", ok=302, path=_version, body=_keras),
    page(
        "POST",
        f"{_VERSION}decision/",
        needs="editor",
        ok=302,
        path=_version,
        body=lambda w: {"precision": "95", "scope": "all", "confidence": "90", "unknown_rate": "5"},
    ),
    # Without a decision it leads back to where one is set.
    page("GET", f"{_VERSION}thresholds/", ok=302, path=_version),
    page("POST", f"{_VERSION}fast-mode/", needs="editor", ok=302, path=_version),
    page("GET", "dataset-versions/<uuid:version_id>/label-rates/", path=_run_version),
    page("GET", "evaluations/<uuid:report_id>/", path=_report),
    page(
        "POST",
        "evaluations/<uuid:report_id>/robustness/",
        needs="editor",
        ok=302,
        path=_report,
        body=lambda w: {"images": 20},
    ),
    page("GET", "evaluations/<uuid:report_id>/comparison/", path=_report),
    page(
        "POST",
        "evaluations/<uuid:report_id>/comparison/",
        needs="editor",
        ok=302,
        path=_report,
        body=lambda w: {"version": str(w.model_version.pk)},
    ),
    page("GET", f"{_REPORT}mistakes/", path=_report),
    page("GET", f"{_REPORT}pairs/", path=_report),
    page("POST", f"{_REPORT}freeze/", needs="editor", ok=302, path=_report),
    page("GET", _MISTAKE, path=_mistake),
    page(
        "POST",
        _MISTAKE,
        needs="editor",
        ok=302,
        path=_mistake,
        body=lambda w: {"decision": "exclude"},
    ),
    # No one has called the label right.
    page("POST", f"{_MISTAKE}reopen/", needs="editor", ok=409, path=_mistake),
    page("GET", f"{_MISTAKE}nearest/", path=_mistake),
    page("GET", "training/compare/", other=200),
    page("GET", f"{_VERSION}copy/", path=_version, reader=200),
    # Without an organization to copy into.
    page("POST", f"{_VERSION}copy/", path=_version, ok=422, reader=422),
    page("GET", "model-copies/<uuid:copy_id>/", path=lambda w: {"copy_id": w.model_copy.pk}),
    page("GET", "playground/", other=200),
]


def _of_other(world: World) -> dict:
    return {"organization": world.other_organization.slug}


FOREIGN_KEYS = [
    *of_batches.FOREIGN_KEYS,
    ForeignKey("PATCH", f"{_MODEL}drift-watch/", "/organization", path=_model, body=_of_other),
    ForeignKey("POST", f"{_MODEL}drift-checks/", "/organization", path=_model, body=_of_other),
    ForeignKey(
        "POST",
        "predictions/delete/",
        "/organization",
        body=lambda w: {**_of_other(w), "all": True},
    ),
    ForeignKey("POST", "review-items/claim/", "/organization", body=_of_other),
    ForeignKey("POST", "review-items/release/", "/organization", body=_of_other),
    ForeignKey(
        "POST",
        "review-selections/",
        "/batch",
        body=lambda w: {"batch": str(w.other_batch.pk), "kind": "batch"},
    ),
    ForeignKey(
        "POST",
        "review-selections/",
        "/model",
        body=lambda w: {"model": str(w.other_model.pk), "kind": "predictions"},
    ),
    ForeignKey(
        "POST",
        "review-selections/",
        "/organization",
        body=lambda w: {**_of_other(w), "model": str(w.model.pk), "kind": "predictions"},
    ),
    ForeignKey(
        "POST",
        "review-selections/",
        "/dataset",
        body=lambda w: {"dataset": str(w.other_dataset.pk), "kind": "unlabelled"},
    ),
    ForeignKey(
        "POST",
        "review-items/claim/",
        "/dataset",
        body=lambda w: {**_review_organization(w), "dataset": str(w.other_dataset.pk)},
    ),
    ForeignKey(
        "POST",
        "review-items/claim/",
        "/model",
        body=lambda w: {**_review_organization(w), "model": str(w.other_model.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_REVIEW_ITEM}answer/",
        "/add_to_dataset",
        path=_review_item,
        body=lambda w: {"class_name": "cat", "add_to_dataset": str(w.other_dataset.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_PREDICTION}feedback/",
        "/add_to_dataset",
        path=_prediction,
        body=lambda w: {"class_name": "cat", "add_to_dataset": str(w.other_dataset.pk)},
    ),
    ForeignKey(
        "POST",
        "model-copies/",
        "/version",
        body=lambda w: {"version": str(w.other_model.versions.get().pk)},
    ),
    ForeignKey(
        "POST",
        "model-copies/",
        "/organization",
        body=lambda w: {
            "version": str(w.model_version.pk),
            "organization": w.other_organization.slug,
        },
    ),
    ForeignKey(
        "POST",
        "training-runs/",
        "/dataset_version",
        body=lambda w: {"dataset_version": str(w.other_version.pk), "preset": "cnn_tiny"},
    ),
    ForeignKey(
        "POST",
        "learning-rate-searches/",
        "/dataset_version",
        body=lambda w: {"dataset_version": str(w.other_version.pk), "preset": "cnn_tiny"},
    ),
    ForeignKey(
        "POST",
        "training-runs/",
        "/model",
        body=lambda w: {**_start(w), "model": str(w.other_model.pk)},
    ),
    ForeignKey(
        "POST",
        "experiments/",
        "/dataset_version",
        body=lambda w: {**_validate(w), "dataset_version": str(w.other_version.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_EXPERIMENT}retrain/",
        "/model",
        path=_asked,
        body=lambda w: {"model": str(w.other_model.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_RUN}clone/",
        "/dataset_version",
        path=_run,
        body=lambda w: {"dataset_version": str(w.other_version.pk)},
    ),
    ForeignKey(
        "POST",
        f"{_RUN}clone/",
        "/model",
        path=_run,
        body=lambda w: {"model": str(w.other_model.pk)},
    ),
    ForeignKey(
        "POST",
        "models/imports/",
        "/dataset",
        body=lambda w: {**_foreign(w), "dataset": str(w.other_version.dataset_id)},
        content="form",
    ),
    ForeignKey(
        "POST",
        "models/imports/",
        "/model",
        body=lambda w: {**_foreign(w), "model": str(w.other_model.pk)},
        content="form",
    ),
    ForeignKey(
        "POST",
        "models/imports/",
        "/organization",
        body=lambda w: {**_foreign(w), "organization": w.other_organization.slug},
        content="form",
    ),
    ForeignKey(
        "POST",
        f"{_VERSION}evaluations/",
        "/dataset_version",
        path=_version,
        body=lambda w: {"dataset_version": str(w.other_version.pk)},
    ),
    ForeignKey(
        "PUT",
        f"{_MODEL}gate/",
        "/dataset_version",
        path=_model,
        body=lambda w: {"rules": [], "dataset_version": str(w.other_version.pk)},
    ),
]
