import io
import json
import subprocess
import sys
import zipfile

import pytest

from datasets.models import Image
from datasets.selectors.version_archive import entries_of, folder_names, zip_blocks
from datasets.selectors.versions import sample_rows
from datasets.services.freeze import freeze
from datasets.services.start_import import start_import
from tests import factories
from tests.datasets.conftest import jpeg, png

pytestmark = pytest.mark.django_db

READ_BY_KERAS = """
import json, sys
import keras
found = {}
for split in ("train", "validation", "test"):
    read = keras.utils.image_dataset_from_directory(
        f"{sys.argv[1]}/{split}", shuffle=False, image_size=(8, 8), batch_size=None, verbose=False
    )
    labels = [int(label) for _, label in read]
    found[split] = {"classes": read.class_names, "files": read.file_paths, "labels": labels}
print(json.dumps(found))
"""


@pytest.fixture
def version(user):
    dataset = factories.make_dataset(user=user, name="Two Pets")
    factories.add_files(dataset, [(f"{n}.png", png(n), "cat") for n in range(9)])
    factories.add_files(dataset, [(f"{n}.jpg", jpeg(n), "dog") for n in range(7)])
    image = Image.objects.filter(dataset=dataset).first()
    Image.objects.filter(pk=image.pk).update(metadata={"site": 'north, "A"', "camera": "7"})
    return freeze(user=user, dataset=dataset, train=0.6, validation=0.2, test=0.2)


def archive(version) -> bytes:
    return b"".join(zip_blocks(version, entries_of(version)))


def samples(version):
    rows = sample_rows(version).values_list("sha256", "class_index", "split", "metadata")
    return sorted(rows, key=str)


def test_loupe_reads_it_back_identically(user, version, run_job):
    again = factories.make_dataset(user=user)
    source = start_import(
        user=user, dataset=again, archive=[archive(version)], archive_name="a.zip"
    )
    result = run_job(source.job).result
    assert result["images_added"] == 16
    assert result["rejected"] == result["skipped"] == 0
    copy = freeze(user=user, dataset=again, strategy="folder")
    assert copy.digest == version.digest
    assert copy.class_names == version.class_names
    assert samples(copy) == samples(version)
    assert archive(copy) == archive(version)


def test_keras_reads_the_same_classes_labels_and_files(version, tmp_path):
    content = archive(version)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        opened.extractall(tmp_path)
    output = subprocess.run(
        [sys.executable, "-c", READ_BY_KERAS, str(tmp_path)], capture_output=True, check=True
    ).stdout
    found = json.loads(output)
    for split in ("train", "validation", "test"):
        entries = [entry for entry in entries_of(version) if entry.split == split]
        assert found[split]["classes"] == version.class_names
        assert found[split]["files"] == [str(tmp_path / entry.name) for entry in entries]
        assert found[split]["labels"] == [
            version.class_names.index(entry.class_name) for entry in entries
        ]


def test_any_class_name_and_repeated_content_survive(user, run_job):
    dataset = factories.make_dataset(user=user)
    names = ["a/b", "a_b", "..", ".hidden", "Cat", "cat", "über 𝒙", "=1+1", "x" * 120]
    for number, name in enumerate(names):
        content = [(f"{n}.png", png(10 * number + n), name) for n in range(4)]
        factories.add_files(dataset, [*content, ("again.png", png(10 * number), name)])
    version = freeze(user=user, dataset=dataset)
    again = factories.make_dataset(user=user)
    source = start_import(
        user=user,
        dataset=again,
        archive=[archive(version)],
        archive_name="a.zip",
        duplicates="keep",
    )
    assert run_job(source.job).status == "succeeded"
    assert freeze(user=user, dataset=again, strategy="folder").digest == version.digest


def test_folders_are_fit_for_every_file_system():
    names = ["..", "A", "a", "a/b", "a:b", "dot.", ".x"]
    assert folder_names(names) == ["__", "A", "a (2)", "a_b", "a_b (2)", "dot_", "_x"]


def test_the_download_is_streamed_and_the_same_each_time(api, page_client, version):
    address = f"/api/v1/dataset-versions/{version.pk}/archive/"
    answer = api.get(address)
    assert answer.status_code == 200
    assert answer.streaming
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="two-pets-v1.zip"'
    assert b"".join(answer) == archive(version) == b"".join(api.get(address))
    assert address in page_client.get(f"/datasets/versions/{version.pk}/").content.decode()


def test_blocks_stay_small(user):
    dataset = factories.make_dataset(user=user)
    for name, start in (("cat", 0), ("dog", 50)):
        noise = [(f"{n}.png", png(n, (500, 400)), name) for n in range(start, start + 5)]
        factories.add_files(dataset, noise)
    version = freeze(user=user, dataset=dataset)
    sizes = [len(block) for block in zip_blocks(version, entries_of(version))]
    assert len(sizes) > 3
    assert max(sizes) < 3 << 20


def test_a_file_that_is_gone_is_said_before_the_download_starts(api, version):
    path = entries_of(version)[0].path
    content = path.read_bytes()
    path.unlink()
    try:
        answer = api.get(f"/api/v1/dataset-versions/{version.pk}/archive/")
        assert answer.status_code == 404
        assert "1 are gone" in answer.data["detail"]
    finally:
        path.write_bytes(content)
