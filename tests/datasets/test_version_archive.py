import csv
import io
import json
import subprocess
import sys
import zipfile
from urllib.parse import quote

import pytest

from datasets.archive.names import is_junk
from datasets.models import Image
from datasets.selectors.version_archive import entries_of, zip_blocks
from datasets.selectors.versions import sample_rows
from datasets.services.intake.start_import import start_import
from datasets.services.versions.freeze import freeze
from storage import durable
from tests import factories
from tests.datasets.conftest import jpeg, png

pytestmark = pytest.mark.django_db

HARD_NAMES = [
    "a/b", "a_b", "..", ".hidden", "Cat", "cat", "über 𝒙", "x" * 120, "犬" * 120, "犬" * 119 + "猫",
    "con", "CON.txt", "aux", "Lpt1", "nul .a", "dot.", "__MACOSX", "@eaDir", "COM¹", "a:b|c?*",
    "=1+1", "-", "+", "@home", "'=quoted", "'quoted", "＝1",
]  # fmt: skip

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
    for number, name in enumerate(HARD_NAMES):
        content = [(f"{n}.png", png(10 * number + n), name) for n in range(4)]
        factories.add_files(dataset, [*content, ("again.png", png(10 * number), name)])
    image = Image.objects.filter(dataset=dataset, class_label__name="cat").first()
    hard = {"=column": "=cmd|' /C calc'!A0", "'=": "'=x", "n": "-0.5", "tab": "\t=1", "at": "@A1"}
    Image.objects.filter(pk=image.pk).update(metadata=hard)
    version = freeze(user=user, dataset=dataset)
    with zipfile.ZipFile(io.BytesIO(archive(version))) as opened:
        names, table = opened.namelist(), opened.read("labels.csv").decode()
    for name in names:
        assert all(len(part.encode()) <= 255 for part in name.split("/")), name
        assert not is_junk(name), name
    cells = [value for row in csv.reader(io.StringIO(table)) for value in row]
    assert [each for each in cells if each[:1] in tuple("=+-@\t\r")] == ["-0.5"]
    assert {"'=1+1", "'-", "'@home", "'+", "''=quoted", "con"} <= set(cells)
    again = factories.make_dataset(user=user)
    source = start_import(
        user=user,
        dataset=again,
        archive=[archive(version)],
        archive_name="a.zip",
        duplicates="keep",
    )
    assert run_job(source.job).status == "succeeded"
    copy = freeze(user=user, dataset=again, strategy="folder")
    assert copy.digest == version.digest
    assert samples(copy) == samples(version)


def test_a_download_is_called_as_its_dataset_is(api, user):
    dataset = factories.make_dataset(user=user, name="犬と猫")
    factories.make_images(dataset, "犬", 3)
    factories.make_images(dataset, "猫", 3)
    version = freeze(user=user, dataset=dataset)
    answer = api.get(f"/api/v1/dataset-versions/{version.pk}/archive/")
    assert (
        answer.headers["Content-Disposition"]
        == f"attachment; filename*=utf-8''{quote('犬と猫-v1.zip')}"
    )


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
    path = durable.local(entries_of(version)[0].stored)
    content = path.read_bytes()
    path.unlink()
    try:
        answer = api.get(f"/api/v1/dataset-versions/{version.pk}/archive/")
        assert answer.status_code == 404
        assert "1 are gone" in answer.data["detail"]
    finally:
        path.write_bytes(content)
