"""A backup is consistent while work goes on, holds each content once, and says what it lacks."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from backup.copy_files import copy_files
from backup.create import create_backup
from backup.errors import Refused
from backup.held import Held
from backup.manifest import Gap
from backup.prune import prune_backups
from backup.restore import restore_backup
from backup.target import Target
from backup.verify import verify_backup
from classifier.models import EvaluationReport, ModelVersion
from datasets.models import DatasetVersion, Image
from datasets.services.purge import purge_trash
from jobs.models import Job, Status
from storage import durable
from storage.names import blob_name, checkpoint_folder, model_file_name, run_file_name
from tests import factories
from tests.backup.looking import faults, quiet
from tests.classifier.trained import register

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_restored_installation_is_the_same(
    dataset, user, folder, trained, tmp_path, installation
):
    version = factories.make_version(dataset, user)
    run = factories.make_run(user, version)
    model = register(run, trained, tmp_path / "outcome")
    report = factories.make_report(model, right=50)
    durable.write(run_file_name(run.pk, "0.webp"), [b"picture"])
    working = Job.objects.create(
        kind="import_archive", queue="io", organization=dataset.organization, title="At work"
    )
    Job.objects.filter(pk=working.pk).update(status=Status.QUEUED)
    Job.objects.filter(pk=working.pk).update(
        status=Status.RUNNING, fence=1, lease_until=timezone.now()
    )
    call_command("backup", folder, stdout=io.StringIO())
    assert faults(folder) == []
    # What an interrupted restore has left is read: this one has the size, and not the content.
    name = next(each for each in durable.walk() if each.startswith("blobs/"))
    cut = installation.data / "media" / name
    cut.parent.mkdir(parents=True)
    cut.write_bytes(bytes(durable.facts(name).bytes))

    restored = installation.manage("restore", str(folder))
    assert restored.returncode == 0, restored.stderr
    assert "1 dataset versions have the digests" in restored.stdout
    digests = DatasetVersion.objects.values_list("digest")
    metrics = EvaluationReport.objects.filter(pk=report.pk).values_list("metrics")
    files = ModelVersion.objects.filter(pk=model.pk).values_list("files")
    same = {
        "SELECT digest FROM datasets_datasetversion": digests,
        "SELECT metrics FROM classifier_evaluationreport": metrics,
        "SELECT files FROM classifier_modelversion WHERE files <> '{}'": files,
        "SELECT status FROM jobs_job WHERE title = 'At work'": [("running",)],
        # Numbers go on, triggers guard again.
        "SELECT max(id) = (SELECT last_value FROM datasets_sample_id_seq) FROM datasets_sample": [
            (True,)
        ],
        "SELECT sum(images), sum(stored), sum(bytes) FROM datasets_imagecount": [
            (10, 10, sum(Image.objects.values_list("bytes", flat=True)))
        ],
        "SELECT DISTINCT tgenabled::text FROM pg_trigger WHERE NOT tgisinternal": [("O",)],
    }
    for query, rows in same.items():
        assert installation.rows(query) == list(rows), query
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        assert installation.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == [
            cursor.fetchone()
        ]
    names = sorted(durable.walk())
    media = installation.data / "media"
    there = sorted(str(p.relative_to(media)) for p in media.rglob("*") if p.is_file())
    assert there == names
    assert [(media / name).read_bytes() for name in names] == list(map(durable.read, names))

    told = "not new: its database has 1 datasets, 1 training runs, 1 model versions"
    with pytest.raises(Refused, match=told):
        restore_backup(folder, say=quiet)


def test_what_is_there_is_not_copied_again(dataset, folder, store):
    first, _ = create_backup(folder, quiet)
    contents = {path: path.stat().st_mtime_ns for path in Target(folder).contents()}
    assert len(contents) == 10
    # Not even read: the store's own has been damaged since, and the backup's stays good.
    harmed = Image.objects.filter(dataset=dataset)[0]
    durable.write(blob_name(harmed.sha256), [b"not the picture"])
    factories.make_images(dataset, "cat", 1, start=70)
    second, manifest = create_backup(folder, quiet)
    assert (manifest.files, manifest.gaps) == (11, [])
    now = {path: path.stat().st_mtime_ns for path in Target(folder).contents()}
    assert len(now) == 11
    assert contents.items() <= now.items()
    assert first.name < second.name
    assert [faults(folder, each.name) for each in (first, second)] == [[], []]


def test_a_file_that_is_written_again_is_copied_again(dataset, folder, user):
    name = run_file_name(dataset.pk, "0.webp")
    durable.write(name, [b"one"])
    # Half a training is not saved.
    checkpoint = f"{checkpoint_folder(dataset.pk)}1.tar"
    durable.write(checkpoint, [b"weights"])
    create_backup(folder, quiet)
    durable.write(name, [b"another"])
    backup, _ = create_backup(folder, quiet)
    sizes = {line.name: line.bytes for line in backup.files()}
    assert sizes[name] == 7
    assert checkpoint not in sizes


def test_what_is_deleted_meanwhile_is_named(dataset, folder):
    images = list(Image.objects.filter(dataset=dataset))

    def delete_one(sentence: str) -> None:
        if sentence.startswith("Copying"):
            due = timezone.now() - timedelta(days=31)
            Image.objects.filter(pk=images[0].pk).update(deleted_at=due)
            purge_trash()

    _, manifest = create_backup(folder, delete_one)
    assert manifest.gaps == [Gap(name=blob_name(images[0].sha256), why="deleted")]
    assert manifest.damage == []


def test_rows_fit_one_another_while_people_add_images(dataset, folder):
    done = threading.Event()

    def add() -> int:
        added = 0
        try:
            while not done.is_set():
                factories.make_images(dataset, "cat", 1, start=100 + added)
                added += 1
        finally:
            connection.close()
        return added

    with ThreadPoolExecutor(1) as threads:
        adding = threads.submit(add)
        try:
            _, manifest = create_backup(folder, quiet)
        finally:
            done.set()
        assert adding.result() > 1
    assert manifest.gaps == []
    # Foreign keys are checked where the rows are loaded.
    assert verify_backup(folder, say=quiet)[1] == []


def test_what_is_lost_or_damaged_is_told_and_ends_with_an_error(dataset, folder, user):
    model = factories.make_model_version(factories.make_run(user))
    lost, harmed = Image.objects.filter(dataset=dataset)[:2]
    durable.delete(blob_name(lost.sha256))
    durable.write(blob_name(harmed.sha256), [b"not the picture"])
    file = model_file_name(model.pk, "model.onnx")
    durable.write(file, [b"not what its row says"])
    output = io.StringIO()
    with pytest.raises(CommandError, match="3 files of this installation are lost or damaged"):
        call_command("backup", folder, keep=1, stdout=output)
    told = output.getvalue()
    assert f"{blob_name(lost.sha256)}: lost" in told
    assert f"{blob_name(harmed.sha256)}: damaged" in told
    assert f"{file}: damaged" in told
    assert len(faults(folder)) == 3


def test_a_half_backup_is_none_and_the_next_goes_on(dataset, folder):
    target = Target.made(folder)
    half = target.begin("20260101T000000Z")
    lines = copy_files(target, half, Held(target))
    next(lines)
    lines.close()
    copied = {path: path.stat().st_mtime_ns for path in target.contents()}
    assert len(copied) == 10
    with pytest.raises(Refused, match="has no whole backup"):
        verify_backup(folder, say=quiet)
    backup, _ = create_backup(folder, quiet)
    assert copied == {path: path.stat().st_mtime_ns for path in target.contents()}
    assert [each.name for each in target.backups()] == [backup.name]


def test_every_harm_is_found(dataset, folder):
    backup, _ = create_backup(folder, quiet)
    target = Target(folder)
    first, second = list(target.contents())[:2]
    first.write_bytes(b"x")
    second.unlink()
    backup.rows_path("datasets_image").write_bytes(b"x")
    found = " ".join(faults(folder))
    assert "datasets_image.gz is damaged" in found
    assert f"is damaged ({first}.damaged)" in found
    assert f"is missing ({second})" in found
    manifest = backup.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"rows": 10', '"rows": 11'))
    with pytest.raises(Refused, match="damaged: another hash"):
        faults(folder)


def test_old_backups_go_with_what_they_alone_need(dataset, folder):
    create_backup(folder, quiet)
    gone = Image.objects.filter(dataset=dataset)[0]
    Image.objects.filter(pk=gone.pk).delete()
    durable.delete(blob_name(gone.sha256))
    newest, _ = create_backup(folder, quiet)
    pruned = prune_backups(folder, keep=1)
    assert (len(pruned.backups), pruned.contents) == (1, 1)
    assert [each.name for each in Target(folder).backups()] == [newest.name]
    assert faults(folder) == []


def test_sessions_are_not_saved(dataset, folder, page_client):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (1,)
    _, manifest = create_backup(folder, quiet)
    assert manifest.tables["django_session"].rows == 0
    assert manifest.tables["accounts_user"].rows >= 1


def test_refusals_say_what_is_wrong(dataset, folder, store, settings):
    with pytest.raises(Refused, match="lies among the files"):
        create_backup(store / "backups", quiet)
    with pytest.raises(Refused, match="holds other things"):
        create_backup(store.parent, quiet)
    with pytest.raises(Refused, match="no folder of backups"):
        restore_backup(folder, say=quiet)
    create_backup(folder, quiet)
    with pytest.raises(Refused, match="has no whole backup x"):
        restore_backup(folder, name="x", say=quiet)
    with Target(folder).locked(), pytest.raises(Refused, match="Another command is at work"):
        create_backup(folder, quiet)
    settings.SECRET_KEY = "another"
    with pytest.raises(Refused, match="SECRET_KEY is not the one of the backup"):
        restore_backup(folder, say=quiet)
