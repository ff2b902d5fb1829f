"""Uploads over a bad line, against the running platform."""

import os
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest

from accounts.models import APIToken
from datasets.models import Upload
from datasets.services.intake.uploads import upload_path
from loupe import Loupe
from loupe.api import Api
from loupe.errors import TooLarge, UnusableInput
from loupe.uploads import PART_BYTES, most_bytes, packed, upload
from tests import factories
from tests.client.cutting import CuttingProxy
from tests.datasets.conftest import png, zipped

MB = 1 << 20


@pytest.fixture
def person(stack):
    return factories.make_user()


@pytest.fixture
def token(person) -> str:
    return APIToken.objects.create(person, name="laptop", scopes=["read", "write"])[1]


def stored() -> bytes:
    found = Upload.objects.get()
    assert found.is_complete
    return upload_path(found).read_bytes()


def test_an_upload_survives_cuts_and_an_end_of_the_program(stack, token, tmp_path):
    content = zipped({f"cat/{n}.png": png(n, (300, 300)) for n in range(45)})
    assert len(content) > 2 * PART_BYTES + 2 * MB
    archive = tmp_path / "cats.zip"
    archive.write_bytes(content)
    proxy = CuttingProxy(urlsplit(stack.url).port, [3 * MB, 8 * MB])
    steps: list[int] = []

    def until_half(done: int, total: int) -> None:
        steps.append(done)
        if done > total / 2:
            raise KeyboardInterrupt

    with Api(proxy.url, token) as api, pytest.raises(KeyboardInterrupt):
        upload(api, archive, until_half)
    assert proxy.cut >= 1
    again: list[int] = []
    with Api(proxy.url, token) as api:
        first = upload(api, archive, lambda done, total: again.append(done))
        assert (steps[0], again[0], again[-1]) == (0, steps[-1], len(content))
        assert stored() == content
        assert proxy.cut == 2
        # What was cut was sent again, the rest once.
        assert proxy.sent < len(content) + 3 * PART_BYTES

        # It is done: the same file is a new upload.
        Upload.objects.all().delete()
        assert upload(api, archive) != first
    proxy.close()


def test_a_folder_is_imported_and_its_archive_goes(stack, person, token, tmp_path):
    folder = tmp_path / "Zoo"
    for n, name in enumerate(("cat/1.png", "dog/2.png", ".git/3.png", "dog/.4.png")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(n))
    dataset = factories.make_dataset(user=person)
    with Loupe(Api(stack.url, token)) as client:
        done = client.dataset(str(dataset.pk)).import_images(folder)
        assert done.counts | {"images_added": 2, "files": 2} == done.counts
        assert done["archive_name"] == "Zoo.zip"
        assert client.dataset(dataset.name).class_names == ["cat", "dog"]
        assert [*(tmp_path / "cache" / "loupe" / "packed").iterdir()] == []
        assert most_bytes(client.api) == 2 << 30
        with pytest.raises(UnusableInput, match="takes 10 in one archive"), packed(folder, 10):
            pass
        # A hole takes no room on the disk.
        huge = tmp_path / "huge.zip"
        with huge.open("wb") as file:
            file.truncate((2 << 30) + 1)
        with pytest.raises(TooLarge, match="2"):
            upload(client.api, huge)


def test_what_cannot_be_sent_is_said_before_anything_is(tmp_path):
    empty, nothing = tmp_path / "empty.zip", tmp_path / "nothing"
    empty.touch()
    nothing.mkdir()
    with Api("http://127.0.0.1:9", "loupe_x", patience=0) as api:
        for path, sentence in ((empty, "is empty"), (tmp_path / "no.zip", "cannot be read")):
            with pytest.raises(UnusableInput, match=sentence):
                upload(api, path)
    for path, sentence in ((nothing, "holds no files"), (tmp_path / "no", "no file and no folder")):
        with pytest.raises(UnusableInput, match=sentence), packed(path):
            pass


@pytest.fixture
def linked(tmp_path):
    """A folder with a link to a folder of a class, and one to a file."""
    folder, elsewhere = tmp_path / "Zoo", tmp_path / "elsewhere"
    for path in (folder / "cat/1.png", elsewhere / "deep/2.png"):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    (folder / "dog").symlink_to(elsewhere)
    (folder / "kitten").symlink_to(folder / "cat")
    (folder / "cat/3.png").symlink_to(elsewhere / "deep/2.png")
    return folder


def test_links_are_followed(linked):
    with packed(linked) as archive:
        names = ZipFile(archive).namelist()
    assert names == ["cat/1.png", "cat/3.png", "dog/deep/2.png", "kitten/1.png", "kitten/3.png"]


@pytest.mark.parametrize(
    ("name", "target", "sentence"),
    [
        ("dog/again", "Zoo", "again is a link to a folder that it lies in"),
        ("cat/4.png", "nowhere", "4.png cannot be read: No such file"),
        ("itself", "Zoo/itself", "itself cannot be read: Too many levels"),
        ("null", "/dev/null", "null is no file and no folder"),
    ],
)
def test_what_is_no_file_is_refused_by_name(linked, tmp_path, name, target, sentence):
    (linked / name).symlink_to(tmp_path / target)
    with pytest.raises(UnusableInput, match=sentence), packed(linked):
        pass


def test_names_that_are_not_in_utf8_are_refused(linked, tmp_path):
    latin = os.fsdecode("é.zip".encode("latin-1"))
    (linked / latin).write_bytes(b"x")
    bad = "The name \N{REPLACEMENT CHARACTER}.zip is not in UTF-8"
    with pytest.raises(UnusableInput, match=bad), packed(linked):
        pass
    with Api("http://127.0.0.1:9", "loupe_x", patience=0) as api:
        with pytest.raises(UnusableInput, match="is not in UTF-8: rename the file"):
            upload(api, linked / latin)
    (linked / latin).rename(tmp_path / latin)
    with packed(linked):
        pass
