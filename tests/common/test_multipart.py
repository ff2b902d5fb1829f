"""Forms of which nothing is lost: names in other encodings, unusable names, parts without one."""

import io

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParserError

from common.multipart import WholeFormParser
from common.texts import decoded
from datasets.models import Image
from tests import factories
from tests.datasets.conftest import png

NFD = "e\u0301.png"


def part(headers: bytes, content: bytes = b"x") -> bytes:
    return b"--b\r\nContent-Disposition: form-data; " + headers + b"\r\n\r\n" + content + b"\r\n"


class Trickle(io.BytesIO):
    """Gives a few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.most)


def parsed(body: bytes, most: int = 1 << 20):
    meta = {"CONTENT_TYPE": "multipart/form-data; boundary=b", "CONTENT_LENGTH": str(len(body))}
    handlers = [MemoryFileUploadHandler(), TemporaryFileUploadHandler()]
    return WholeFormParser(meta, Trickle(body, most), handlers, "utf-8").parse()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('name="f"; filename="caf\xe9.png"'.encode("latin-1"), "café.png"),
        ('name="f"; filename="100 – “€”.png"'.encode("cp1252"), "100 – “€”.png"),
        ('name="f"; filename="犬.png"'.encode("cp932"), "犬.png"),
        ('name="f"; filename="café.png"'.encode(), "café.png"),
        (f'name="f"; filename="{NFD}"'.encode(), "é.png"),
        (b"name=f; filename*=UTF-8''caf%C3%A9.png", "café.png"),
        (b"name=f; filename*=windows-1252''caf%E9.png", "café.png"),
        (b'name="f"; filename=".."', "unnamed"),
        (b'name="f"; filename="folder/"', "unnamed"),
    ],
)
@pytest.mark.parametrize("most", [1, 7, 1 << 20])
def test_every_file_is_kept_with_a_name(header, name, most):
    content = b"--a\r\n\r\n-" * 20
    body = part(header, content) + part(b'name="t"', b"text") + b"--b--\r\n\r\nepilogue\r\n\r\n"
    post, files = parsed(body, most)
    assert (files["f"].name, files["f"].read(), post["t"]) == (name, content, "text")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (part(b'filename="a.png"'), "1 parts were sent and 0 can be read"),
        (part(b"name=f; filename*=klingon''a.png"), "1 parts were sent and 0 can be read"),
        (b"--b\r\nX: y\r\n\r\nx\r\n" + part(b'name="t"'), "2 parts were sent and 1 can be read"),
        (part(b'name="class_name"', "café".encode("cp1252")), "class_name is not UTF-8 text"),
    ],
)
def test_what_would_be_lost_is_refused(body, said):
    with pytest.raises(MultiPartParserError, match=said):
        parsed(body + b"--b--\r\n")


@pytest.mark.parametrize("most", [1, 5, 1 << 20])
def test_an_empty_field_needs_no_line_of_its_own(most):
    empty = b'--b\r\nContent-Disposition: form-data; name="e"\r\n\r\n'
    body = (
        empty
        + part(b'name="f"; filename="a.png"', b"")
        + empty.replace(b'"e"', b'"g"')
        + b"--b--\r\n"
    )
    post, files = parsed(body, most)
    assert (post.dict(), files["f"].size) == ({"e": "", "g": ""}, 0)


def test_text_says_which_code_page_it_has():
    assert decoded("собака большая.png".encode("cp1251")) != ""
    assert decoded(b"\x81\xff") != ""


@pytest.mark.django_db
def test_an_upload_keeps_its_file_whatever_its_name_is_written_in(api, user):
    dataset = factories.make_dataset(user=user)
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    body = b"".join(
        part(f'name="images"; filename="{name}"'.encode("cp1252"), png(number))
        for number, name in enumerate(["café.png", "plain.png"])
    )
    sent = {"content_type": "multipart/form-data; boundary=b"}
    answer = api.generic("POST", url, body + b"--b--\r\n", **sent)
    assert [(row["name"], row["status"]) for row in answer.json()["results"]] == [
        ("café.png", 201), ("plain.png", 201),
    ]  # fmt: skip
    body = part(b'name="images"; filename="a.png"', png(3)) + part(b'name="class_name"', b"caf\xe9")
    answer = api.generic("POST", url, body + b"--b--\r\n", **sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert "class_name is not UTF-8" in answer.json()["detail"]
    assert Image.objects.count() == 2
    garbled = api.get(f"{url}?q=caf%E9")
    assert (garbled.status_code, garbled.json()["code"]) == (400, "not_utf8")
