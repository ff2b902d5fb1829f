"""A store of each kind, empty."""

import pytest

from config import durable_files
from tests.storage.s3_names import s3_variables
from tests.storage.s3_server import s3_server


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory):
    """The address of a server that speaks S3."""
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture
def folder_store(settings, tmp_path):
    """Durable files in a folder."""
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path / "media", tmp_path / "scratch"


@pytest.fixture
def s3_store(settings, tmp_path, monkeypatch, s3_url):
    """Durable files in a bucket, below a prefix of the test's own."""
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path / "media", tmp_path / "scratch"
    for name, value in s3_variables(s3_url, prefix=tmp_path.name).items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**settings.STORAGES, "durable": durable_files.durable_files()}
