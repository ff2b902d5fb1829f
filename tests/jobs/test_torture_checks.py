"""The verdict of `make torture` sees damage: what it is silent about must be well."""

import pytest

from classifier.models import EpochMetrics
from datasets.models import Image, ImportChunk, ImportItem
from datasets.services.intake.start_import import start_import
from storage import durable
from storage.names import blob_name, model_folder, upload_name
from tests import factories
from tests.datasets.conftest import run_job
from tests.torture import checks, verdict
from tests.torture.load import Expectation
from tests.torture.real_work import make_archive

__all__ = ["run_job"]


@pytest.fixture
def imported(run_job, user, settings, tmp_path):
    """The job of one archive that was read as it should be."""
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path, tmp_path / "scratch"
    dataset = factories.make_dataset(user=user)
    source = start_import(
        user=user, dataset=dataset, archive=[make_archive(seed=1, first=0)], archive_name="a.zip"
    )
    return run_job(source.job)


def test_a_good_import_is_not_complained_of(imported):
    assert checks.import_results(imported) == 1
    assert checks.import_damage(imported) == []
    assert checks.media_faults() == []


def test_rows_stored_twice_are_seen(imported):
    for row in [*ImportItem.objects.all(), *Image.objects.all()[:1]]:
        row.pk = None
        row._state.adding = True
        row.save(force_insert=True)
    assert checks.import_results(imported) == 2
    said = " ".join(checks.import_damage(imported))
    assert "its rows are" in said
    assert "49 images, 48 were added" in said
    assert "twice there" in said


def test_files_without_rows_and_rows_without_files_are_seen(imported):
    gone, broken, *_ = Image.objects.values_list("sha256", flat=True)
    durable.local(blob_name(gone)).unlink()
    durable.local(blob_name(broken)).write_bytes(b"something else")
    more = durable.known_folder() / "blobs" / "ab" / "more"
    upload = durable.local(upload_name("more"))
    model = durable.known_folder() / "models" / "more"
    for path in (more, upload):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    model.mkdir(parents=True)
    assert sorted(checks.media_faults()) == sorted(
        [
            f"missing: {durable.local(blob_name(gone))}",
            f"broken: {durable.local(blob_name(broken))}",
            f"left behind: {more}",
            f"left behind: {upload}",
            "no model version: models/more",
        ]
    )


def test_what_came_out_of_a_job_and_was_forgotten_is_seen(imported):
    expected = [Expectation(imported, (imported.status,), checks.import_results)]
    [forgotten] = verdict._forgotten(expected)
    assert "Quality check" in forgotten
    ImportChunk.objects.create(source=imported.dataset_import, number=0)
    assert "1 chunks of imports that have ended" in verdict._orphans(expected)


def test_a_training_without_curve_report_and_files_is_seen(db, settings, tmp_path):
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path, tmp_path / "scratch"
    run = factories.make_run(config={"epochs": 3})
    assert checks.model_versions(run.job) == 0
    version = factories.make_model_version(run)
    folder = durable.known_folder() / model_folder(version.pk)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"other bytes")
    for epoch in (1, 3):
        EpochMetrics.objects.create(
            run=run, epoch=epoch, loss=1, accuracy=0.5, learning_rate=0.1, seconds=1
        )
    assert checks.model_versions(run.job) == 1
    damage = checks.training_damage(run.job)
    assert [
        part for part in ("epochs [1, 3] of 3", "0 reports", "files") if part in str(damage)
    ] == [
        "epochs [1, 3] of 3",
        "0 reports",
        "files",
    ]
