"""An installation from before scratch goes on where it was."""

from importlib import import_module

from jobs.supervision.tidy import attempt_folders
from storage import durable, scratch
from storage.names import blob_name, upload_name

migration = import_module("jobs.migrations.0010_scratch")


def test_work_in_progress_moves_and_durable_files_stay(folder_store, settings):
    media = settings.MEDIA_ROOT
    job, version = "5e0e3a1c-0000-4000-8000-000000000001", "5e0e3a1c-0000-4000-8000-000000000002"
    stays = [blob_name("ab" * 32), upload_name("one"), f"models/{version}/model.onnx"]
    moves = [f"jobs/{job}/checkpoint/step.json", f"jobs/{job}/7/out", "uploads/two/contents.json"]
    made_again = [
        "vectors/v/ids.npy", "backbones/b.onnx", "decoders/0", "gpus/0", f"models/.{version}.lock",
    ]  # fmt: skip
    spooled = "../uploads/x.upload.zip"
    for name in (*stays, *moves, *made_again, spooled):
        path = media / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for _ in range(2):
        migration.move_to_scratch(None, None)
    assert durable.missing(stays) == []
    assert (scratch.checkpoint_dir(job) / "step.json").read_text() == moves[0]
    assert [path.name for path in attempt_folders(job)] == ["7"]
    assert [path.name for path in scratch.left_behind(-1)] == ["two"]
    there = sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())
    assert there == sorted(stays)
    assert not (media / spooled).exists()


def test_a_new_installation_has_nothing_to_move(folder_store, settings):
    migration.move_to_scratch(None, None)
    assert not settings.SCRATCH_DIR.exists()
