"""Bodies without Content-Length, as .NET's PostAsJsonAsync and curl from a pipe send them."""

import base64
import hashlib
import http.client
import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from accounts.models import TokenScope
from accounts.services.tokens import create_token
from classifier.models import TrainingRun
from datasets.models import Dataset, Upload
from tests import factories
from tests.datasets.conftest import png, zipped

JSON = {"Content-Type": "application/json"}
TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


def chunks(body: bytes, size: int = 7) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


class Sender:
    """Sends every body in chunks of a few bytes."""

    def __init__(self, url: str, authorization: str = "") -> None:
        self.address = urlsplit(url)
        self.authorization = {"Authorization": authorization} if authorization else {}

    def send(self, method: str, path: str, body: bytes, **headers: str):
        connection = http.client.HTTPConnection(self.address.netloc, timeout=60)
        given = {**self.authorization, **headers, "Transfer-Encoding": "chunked"}
        connection.request(method, path, chunks(body), given, encode_chunked=True)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def json(self, method: str, path: str, data: object):
        status, _, content = self.send(method, path, json.dumps(data).encode(), **JSON)
        return status, json.loads(content)


def multipart(name: str, filename: str, content: bytes, **fields: str) -> tuple[bytes, dict]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    body = b"".join([*parts, head.encode(), content, b"\r\n--b--\r\n"])
    return body, {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture
def person(stack):
    return factories.make_user()


@pytest.fixture
def sender(stack, person) -> Sender:
    _, secret = create_token(user=person, name="chunks", scopes=TokenScope.values)
    return Sender(stack.url, f"Bearer {secret}")


def test_json_in_chunks_is_read(sender, person):
    status, made = sender.json("POST", "/api/v1/datasets/", {"name": "Foxes"})
    assert (status, made["name"]) == (201, "Foxes")
    address = f"/api/v1/datasets/{made['id']}/"
    assert sender.json("PATCH", address, {"name": "Füchse"})[1]["name"] == "Füchse"
    assert Dataset.objects.get().name == "Füchse"
    status, _, content = sender.send("PATCH", address, b"", **JSON)  # chunked, and empty
    assert (status, json.loads(content)["name"]) == (200, "Füchse")

    run = factories.make_run(person)
    status, clone = sender.json(
        "POST", f"/api/v1/training-runs/{run.pk}/clone/", {"config": {"epochs": 3}}
    )
    assert (status, clone["config"]["epochs"]) == (202, 3)
    assert TrainingRun.objects.get(pk=clone["id"]).config["epochs"] == 3


def test_a_password_and_a_body_in_chunks_make_a_token_of_the_scopes_asked_for(stack, person):
    basic = base64.b64encode(f"{person.username}:{factories.PASSWORD}".encode()).decode()
    sender = Sender(stack.url, f"Basic {basic}")
    status, token = sender.json(
        "POST", "/api/v1/auth/tokens/", {"name": "x", "scopes": ["predict"]}
    )
    assert (status, token["scopes"]) == (201, ["predict"])


def test_files_in_chunks_arrive_whole(sender, person):
    dataset = factories.make_dataset(user=person)
    address = f"/api/v1/datasets/{dataset.pk}"
    body, headers = multipart("images", "a.png", png(), class_name="cat")
    status, _, content = sender.send("POST", f"{address}/images/", body, **headers)
    assert (status, json.loads(content)["results"][0]["status"]) == (207, 201)
    archive = zipped({"cat/1.png": png(1)})
    body, headers = multipart("archive", "cats.zip", archive)
    status, _, content = sender.send("POST", f"{address}/imports/", body, **headers)
    assert (status, json.loads(content)["archive_bytes"]) == (202, len(archive))


@pytest.mark.parametrize("with_checksum", [False, True])
def test_a_part_of_a_resumable_upload_in_chunks_is_kept(sender, with_checksum):
    content = bytes(range(100))
    status, headers, _ = sender.send(
        "POST", "/api/v1/uploads/", b"", **TUS, **{"Upload-Length": "100"}
    )
    assert status == 201
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    checksum = {"Upload-Checksum": f"sha1 {digest}"} if with_checksum else {}
    part = {**PART, "Upload-Offset": "0", **checksum}
    status, headers, _ = sender.send("PATCH", headers["Location"], content, **part)
    assert (status, headers["Upload-Offset"]) == (204, "100")
    assert Upload.objects.get().is_complete


def test_a_form_of_a_page_in_chunks_is_read(stack, person):
    sender = Sender(stack.url)
    status, headers, content = sender.send("GET", "/accounts/login/", b"")
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', content)[1].decode()
    cookie = headers["Set-Cookie"].partition(";")[0]
    form = {"csrfmiddlewaretoken": token, "login": person.username, "password": factories.PASSWORD}
    status, headers, _ = sender.send(
        "POST", "/accounts/login/", urlencode(form).encode(), Cookie=cookie,
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert (status, headers["Location"]) == (302, "/")
