"""What every store of durable files promises."""

import hashlib
import uuid

import pytest

from storage import durable
from storage.names import (
    blob_name,
    kept_name,
    model_file_name,
    model_folder,
    thumbnail_name,
    upload_name,
)

CONTENTS = [b"one", b"two, which is longer", b""]
HASHES = [hashlib.sha256(content).hexdigest() for content in CONTENTS]


@pytest.fixture(params=["folder_store", "s3_store"])
def store(request):
    """Each kind of store; its name."""
    request.getfixturevalue(request.param)
    return request.param


@pytest.fixture
def staging(settings):
    """Give a function that lays files down below scratch, by name, and returns their folder."""

    def lay_down(files):
        folder = settings.SCRATCH_DIR / "staging"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    return lay_down


def test_what_is_written_is_read(store):
    names = [blob_name(each) for each in HASHES]
    for name, content, sha256 in zip(names, CONTENTS, HASHES, strict=True):
        assert durable.write(name, [content[:1], content[1:]]) == sha256
        assert durable.read(name) == content
        assert durable.exists(name)
    assert [path.read_bytes() for path in durable.local_files(names)] == CONTENTS
    assert [path.name for path in durable.local_files(names)] == HASHES
    name = model_file_name("v", "model.onnx")
    durable.write(name, [b"first"])
    durable.write(name, [b"second"], synced=False)
    assert durable.read(name) == b"second"


def test_what_is_not_there(store):
    there, gone = blob_name(HASHES[0]), blob_name(HASHES[1])
    durable.write(there, [CONTENTS[0]])
    with pytest.raises(FileNotFoundError):
        durable.read(gone)
    assert durable.missing([gone, there]) == [gone]
    assert not durable.exists(gone)
    # As many as were asked for: who opens it is told.
    paths = durable.local_files([there, gone])
    assert [path.is_file() for path in paths] == [True, False]
    durable.delete(gone)
    durable.delete_folder(model_folder("v"))


def test_a_writer_that_fails_leaves_nothing(store):
    def blocks():
        yield b"half"
        raise OSError(28, "No space left on device")

    name = upload_name("u")
    with pytest.raises(OSError, match="No space"):
        durable.write(name, blocks())
    assert not durable.exists(name)
    assert list(durable.files_in("uploads/")) == []


def test_a_file_of_scratch_is_taken_over(store, staging):
    name = model_file_name("v", "model.onnx")
    durable.write(name, [b"of an attempt that died"])
    path = staging({"model.onnx": b"model"}) / "model.onnx"
    durable.take_over(path, name)
    assert durable.read(name) == b"model"
    assert durable.local(name).read_bytes() == b"model"
    assert not path.exists()


def test_staged_files_are_adopted_when_they_are_whole(store, staging):
    blob, thumbnail = blob_name(HASHES[0]), thumbnail_name(HASHES[0])
    cut_off, kept, strange = blob_name(HASHES[1]), blob_name("ab" * 32), "blobs/ff/strange"
    durable.write(kept, [b"not staged again"])
    folder = staging({blob: b"one", thumbnail: b"small", cut_off: b"two,", strange: b"x"})
    sizes = {blob: 3, thumbnail: 5, cut_off: len(CONTENTS[1]), kept: 16}
    assert durable.adopt([folder, folder / "none"], sizes) == [cut_off]
    assert [durable.read(name) for name in (blob, thumbnail)] == [b"one", b"small"]
    assert durable.missing([strange]) == [strange]
    # A second attempt adopts what the first one did.
    assert durable.adopt([folder], sizes) == [cut_off]


def test_a_known_file_is_seen_in_the_known_folder_or_adopted_again(store):
    name = blob_name(HASHES[0])
    durable.write(name, [CONTENTS[0]])
    seen = durable.known_folder() / name
    assert not seen.exists() or seen.read_bytes() == CONTENTS[0]


def test_a_file_comes_in_by_and_by(store, transactional_db):
    name = upload_name("u")
    durable.collecting(name).write_bytes(b"fir")
    with durable.collecting(name).open("ab") as stream:
        stream.write(b"st")
    assert [stored.name for stored in durable.files_in("uploads/")] == [name]
    durable.complete(name)
    assert durable.exists(name)
    assert durable.local(name).read_bytes() == b"first"
    assert [stored.name for stored in durable.files_in("uploads/")] == [name]
    durable.delete(name)
    assert list(durable.files_in("uploads/")) == []
    assert not durable.exists(name)
    assert not durable.local(name).exists()

    durable.collecting(name).write_bytes(b"given up")
    durable.delete(name)
    assert list(durable.files_in("uploads/")) == []


def test_what_is_borrowed_is_there_for_a_while(store, settings):
    kept, blob = kept_name(uuid.uuid4(), 0), blob_name(HASHES[1])
    durable.write(kept, [CONTENTS[0]])
    durable.write(blob, [CONTENTS[1]])
    gone = kept_name(uuid.uuid4(), 0)
    with durable.borrowed([kept, blob, gone, kept]) as paths:
        assert [path.is_file() for path in paths] == [True, True, False, True]
        assert [path.read_bytes() for path in paths[:2]] == CONTENTS[:2]
    with pytest.raises(ValueError, match="may leave no copy"):
        durable.local(kept)
    assert durable.read(kept) == CONTENTS[0]
    # Neither way has left a copy beside the store.
    files = (path for path in settings.SCRATCH_DIR.rglob("[!.]*") if path.is_file())
    scratch = [path.name for path in files]
    assert scratch == ([] if store == "folder_store" else [HASHES[1]])


def test_folders_are_deleted_whole_and_alone(store):
    names = [model_file_name("v", "model.onnx"), model_file_name("v", "model.keras")]
    other = model_file_name("v2", "model.onnx")
    for name in (*names, other):
        durable.write(name, [b"x"])
    assert sorted(durable.missing(names)) == []
    durable.delete_folder(model_folder("v"))
    assert sorted(durable.missing([*names, other])) == sorted(names)
    assert not any(path.exists() for path in durable.local_files(names))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "blobs/../../secret"])
def test_no_name_leads_out(store, name):
    with pytest.raises(ValueError, match="no name of a durable file"):
        durable.local(name)
    with pytest.raises(ValueError, match="no name of a durable file"):
        durable.write(name, [b"x"])


def test_a_file_system_moves_and_copies_nothing(folder_store, staging, settings):
    """Only a rename is as fast for a large archive as for a small one."""
    blob, model = blob_name(HASHES[0]), model_file_name("v", "model.onnx")
    folder = staging({blob: b"one", "model.onnx": b"model"})
    inodes = [(folder / name).stat().st_ino for name in (blob, "model.onnx")]
    durable.adopt([folder], {blob: 3})
    durable.take_over(folder / "model.onnx", model)
    assert [durable.local(name).stat().st_ino for name in (blob, model)] == inodes
    assert durable.local(blob) == settings.MEDIA_ROOT / blob
    assert durable.collecting(upload_name("u")) == durable.local(upload_name("u"))


def test_every_file_is_found_and_read_past_the_copies(store):
    blob, model = blob_name(HASHES[0]), model_file_name("v", "model.onnx")
    for name in (blob, model):
        durable.write(name, [b"con", b"tent"])
    durable.sync()
    assert sorted(durable.walk()) == sorted([blob, model])
    assert durable.facts(model).bytes == 7
    assert b"".join(durable.blocks(blob)) == b"content"
    durable.delete(blob)
    with pytest.raises(FileNotFoundError):
        durable.facts(blob)
    with pytest.raises(FileNotFoundError):
        list(durable.blocks(blob))
