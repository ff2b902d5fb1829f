"""Disks, clocks and people do harm: a backup is mended, or refuses before anything is lost."""

import hashlib
import io
import os

import pytest
from django.core.management import CommandError, call_command

from backup.create import create_backup
from backup.errors import Refused
from backup.manifest import Gap
from backup.prune import prune_backups
from backup.restore import restore_backup
from backup.target import Target
from backup.verify import verify_backup
from datasets.models import Image
from storage import durable
from storage.names import blob_name, model_file_name, upload_name
from tests import factories
from tests.backup.looking import faults, quiet

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def test_a_database_with_other_tables_is_refused_by_their_names(dataset, folder, installation):
    create_backup(folder, quiet)
    installation.rows("CREATE TABLE orders (id int)")
    installation.rows("CREATE VIEW bills AS SELECT * FROM orders")
    refused = installation.manage("restore", str(folder))
    assert refused.returncode == 1
    assert "not Loupe's: bills, orders. A backup" in refused.stderr
    assert installation.rows("SELECT count(*) FROM bills") == [(0,)]


def test_an_earlier_backup_is_upgraded_and_nothing_strange_is_dropped(
    dataset, folder, installation
):
    call_command("migrate", "accounts", "0001_squashed_0011_keeps_predictions", verbosity=0)
    try:
        create_backup(folder, quiet)
    finally:
        call_command("migrate", verbosity=0)
    assert verify_backup(folder, say=quiet)[1] == []

    # The tables of this Loupe are there, as after `make run`.
    assert installation.manage("migrate").returncode == 0
    installation.rows("CREATE FUNCTION orders() RETURNS int LANGUAGE sql AS 'SELECT 7'")
    restored = installation.manage("restore", str(folder), "--rows-only")
    assert restored.returncode == 0, restored.stderr
    assert installation.rows("SELECT orders()") == [(7,)]
    assert installation.rows("SELECT declined_at FROM accounts_share") == []
    assert installation.rows("SELECT count(*) FROM datasets_image") == [(10,)]


def test_a_content_that_was_cut_is_copied_again(dataset, folder):
    create_backup(folder, quiet)
    cut = next(iter(Target(folder).contents()))
    cut.write_bytes(b"")
    create_backup(folder, quiet)
    assert faults(folder) == []


def test_a_half_backups_content_is_read_before_it_is_believed(dataset, folder):
    sizes = {row.sha256: row.bytes for row in Image.objects.filter(dataset=dataset)}
    target = Target.made(folder)
    target.begin("20260101T000000Z")
    for sha256, size in sizes.items():
        target.content_path(sha256).parent.mkdir(parents=True, exist_ok=True)
        target.content_path(sha256).write_bytes(bytes(size))
    create_backup(folder, quiet)
    assert faults(folder) == []


def test_what_verifying_finds_damaged_is_copied_again(dataset, folder):
    create_backup(folder, quiet)
    path = next(iter(Target(folder).contents()))
    path.write_bytes(bytes(path.stat().st_size))
    assert "is damaged" in " ".join(faults(folder))
    aside = path.with_name(f"{path.name}.damaged")
    # It may be all that is left, so it stays while there is no whole one.
    assert prune_backups(folder, keep=1).contents == 0
    assert aside.is_file()
    create_backup(folder, quiet)
    assert faults(folder) == []
    assert prune_backups(folder, keep=1).contents == 1
    assert not aside.exists()


@pytest.mark.parametrize("lines", [None, 3])
def test_nothing_goes_where_the_list_of_what_stays_is_damaged(dataset, folder, lines):
    create_backup(folder, quiet)
    backup, _ = create_backup(folder, quiet)
    target = Target(folder)
    kept = backup.files_path.read_text().splitlines(keepends=True)[:lines]
    backup.files_path.unlink()
    if lines:
        backup.files_path.write_text("".join(kept))
    before = set((folder / "backups").rglob("*")), set(target.contents())
    with pytest.raises(Refused, match=r"list of files of the backup .* is (missing|damaged)"):
        prune_backups(folder, keep=1)
    assert (set((folder / "backups").rglob("*")), set(target.contents())) == before
    with pytest.raises(Refused, match="list of files of the backup"):
        restore_backup(folder, say=quiet)
    # The next one does not believe it either.
    create_backup(folder, quiet)
    assert faults(folder) == []


def test_damaged_rows_are_found_before_anything_is_changed(dataset, folder):
    backup, _ = create_backup(folder, quiet)
    rows = backup.rows_path("datasets_image")
    rows.write_bytes(rows.read_bytes()[:-9])
    with pytest.raises(Refused, match=r"datasets_image\.gz is damaged"):
        restore_backup(folder, say=quiet)


def test_what_the_store_has_lost_stays_in_every_backup(dataset, folder, user):
    facts = {"sha256": hashlib.sha256(b"model").hexdigest(), "bytes": 5}
    model = factories.make_model_version(factories.make_run(user), files={"model.onnx": facts})
    durable.write(model_file_name(model.pk, "model.onnx"), [b"model"])
    assert create_backup(folder, quiet)[1].gaps == []
    lost = Image.objects.filter(dataset=dataset)[0]
    durable.delete(blob_name(lost.sha256))
    harmed = model_file_name(model.pk, "model.onnx")
    durable.write(harmed, [b"not what its row says"])
    output = io.StringIO()
    with pytest.raises(CommandError, match="2 files of this installation are lost or damaged"):
        call_command("backup", folder, keep=1, stdout=output)
    assert f"{harmed}: kept" in output.getvalue()
    (newest,) = Target(folder).backups()
    names = {blob_name(lost.sha256), harmed}
    assert {gap.name for gap in newest.manifest().gaps if gap.why == "kept"} == names
    assert faults(folder) == []
    lines = {line.name: line for line in newest.files()}
    assert lines[harmed].sha256 == hashlib.sha256(b"model").hexdigest()
    assert newest.manifest().files == len(lines) == len(list(durable.walk())) + 1


def test_the_archive_of_a_waiting_import_is_missed(dataset, folder):
    source = factories.make_asking_import(dataset)
    assert create_backup(folder, quiet)[1].gaps == []
    durable.delete(upload_name(source.upload))
    gap = Gap(name=upload_name(source.upload), why="kept")
    assert create_backup(folder, quiet)[1].gaps == [gap]
    assert create_backup(folder.with_name("others"), quiet)[1].gaps == [
        Gap(name=gap.name, why="lost")
    ]


def test_no_backup_goes_while_one_is_read(dataset, folder):
    create_backup(folder, quiet)
    target = Target(folder)
    with target.reading(), target.reading():
        create_backup(folder, quiet)
        with pytest.raises(Refused, match="Another command is at work"):
            prune_backups(folder, keep=1)
    assert len(prune_backups(folder, keep=1).backups) == 1


def test_all_files_are_for_their_owner_alone(dataset, folder):
    folder.mkdir(mode=0o755)
    earlier = os.umask(0o022)
    try:
        create_backup(folder, quiet)
    finally:
        os.umask(earlier)
    inner = [path for part in ("contents", "backups") for path in (folder / part).rglob("*")]
    assert len(inner) > 10
    assert [path for path in inner if path.stat().st_mode & 0o077] == []


def test_an_archive_is_for_its_owner_alone(dataset, tmp_path):
    path = tmp_path / "birds.loupe"
    chosen = ("--dataset", str(dataset.pk))
    call_command("export_dataset", str(path), *chosen, stdout=io.StringIO())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_of_a_time_to_come_is_not_taken_for_the_newest(dataset, folder):
    backup, _ = create_backup(folder, quiet)
    backup.folder.rename(backup.folder.with_name("20990101T000000Z"))
    with pytest.raises(Refused, match="20990101T000000Z is of a time to come"):
        create_backup(folder, quiet)


def test_the_store_behind_a_link_is_no_place_for_backups(dataset, store, settings, tmp_path):
    linked = tmp_path / "linked"
    linked.symlink_to(store)
    settings.MEDIA_ROOT = linked
    with pytest.raises(Refused, match="lies among the files"):
        create_backup(linked / "backups", quiet)


def test_strange_files_beside_backups_are_none(dataset, folder):
    backup, _ = create_backup(folder, quiet)
    (folder / "backups" / "notes.txt").write_text("On Mondays.")
    (folder / "backups" / "z").mkdir()
    assert [each.name for each in Target(folder).backups()] == [backup.name]
    create_backup(folder, quiet)
    assert (folder / "backups" / "notes.txt").is_file()
