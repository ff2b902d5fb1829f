"""The stock client of tus against the running platform."""

import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from datasets.models import Image, Upload
from datasets.services.intake.uploads import upload_path
from jobs.models import Job
from tests import factories
from tests.conftest import wait_until
from tests.datasets.conftest import png, zipped

ROOT = "/api/v1/uploads/"
PART = "application/offset+octet-stream"


@pytest.fixture
def tus_client(stack, tmp_path):
    """The stock client of tus, signed in by a token, and a file to send."""
    from tusclient.client import TusClient

    from accounts.models import APIToken

    person = factories.make_user()
    secret = APIToken.objects.create(person, name="tus", scopes=["read", "write"])[1]
    headers = {"Authorization": f"Bearer {secret}"}
    client = TusClient(f"{stack.url}{ROOT}", headers=headers)
    client.person = person
    return client


def test_the_stock_client_uploads_resumes_and_imports(stack, tus_client, tmp_path):
    content = zipped({f"cat/{n}.png": png(n, (200, 200)) for n in range(60)})
    archive = tmp_path / "cats.zip"
    archive.write_bytes(content)
    assert len(content) > 6e6
    options = {"chunk_size": 1_500_000, "upload_checksum": True}
    first = tus_client.uploader(str(archive), metadata={"filename": "cats.zip"}, **options)
    first.upload(stop_at=3_000_000)
    url = first.url

    _send_and_hang_up(stack, tus_client, url, 3_000_000, content)
    wait_until(lambda: Upload.objects.get().offset > 3_000_000, 20)

    again = tus_client.uploader(str(archive), url=url)
    assert 3_000_000 < again.offset < len(content)
    again.upload()
    upload = Upload.objects.get()
    assert upload.is_complete
    assert upload_path(upload).read_bytes() == content

    dataset = factories.make_dataset(user=tus_client.person)
    assert _imported(stack, tus_client, dataset, url)["images_added"] == 60
    repeat = tus_client.uploader(str(archive))
    repeat.upload()
    assert _imported(stack, tus_client, dataset, repeat.url)["images_added"] == 0
    assert Image.objects.filter(dataset=dataset).count() == 60


def _imported(stack, client, dataset, upload_url: str) -> dict:
    answer = requests.post(
        f"{stack.url}/api/v1/datasets/{dataset.pk}/imports/",
        json={"upload": upload_url.rstrip("/").rsplit("/", 1)[1]},
        headers=client.headers,
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    job = Job.objects.filter(pk=answer.json()["job"]["id"])
    wait_until(lambda: job.get().is_terminal, 60)
    return job.get().result


def _send_and_hang_up(stack, client, url: str, offset: int, content: bytes) -> None:
    """Begin a long PATCH and cut the connection in its middle: what arrived must count."""
    address = urlsplit(stack.url)
    with socket.create_connection((address.hostname, address.port)) as line:
        head = (
            f"PATCH {urlsplit(url).path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: {client.headers['Authorization']}\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: {PART}\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {len(content) - offset}\r\n\r\n"
        )
        line.sendall(head.encode() + content[offset : offset + 1_200_000])
        time.sleep(0.5)
