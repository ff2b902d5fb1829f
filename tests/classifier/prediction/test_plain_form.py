"""What is read in one go is what Django's parser, with ours around it, reads; all else is left."""

import io

import pytest
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.prediction.api import plain_form
from common.multipart import WholeFormParser

IMAGE = b'Content-Disposition: form-data; name="images"; filename="a.png"'
TYPED = IMAGE + b"\r\nContent-Type: image/png"


def body_of(*parts: tuple[bytes, bytes], mark: bytes = b"ab", end: bytes = b"--\r\n") -> bytes:
    lines = [b"--" + mark + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
             for head, content in parts]  # fmt: skip
    return b"".join(lines) + b"--" + mark + end


def by_django(body: bytes, mark: bytes = b"ab"):
    """Return the files, each with its name, and the fields; None where it refuses the form."""
    meta = {"CONTENT_TYPE": f"multipart/form-data; boundary={mark.decode()}",
            "CONTENT_LENGTH": len(body)}  # fmt: skip
    handler = MemoryFileUploadHandler()
    try:
        post, files = WholeFormParser(meta, io.BytesIO(body), [handler], "utf-8").parse()
    except MultiPartParserError:
        return None
    images = [(file.name, file.read()) for file in files.getlist("images")]
    return images, dict(post.lists()), set(files) - {"images"}


def agrees(body: bytes, mark: bytes = b"ab") -> bool:
    """Whether the form was read; where it was, Django must have read the same."""
    form = plain_form.read(body, mark)
    if form is None:
        return False
    images, fields, others = by_django(body, mark)
    assert [(image.name, image.content) for image in form.images] == images
    assert not others
    given = {name: values[0] for name, values in fields.items()}
    assert form.top_k == int(given.pop("top_k", "5"))
    assert form.number == (int(given.pop("version")) if "version" in given else None)
    assert form.alias == given.pop("alias", "champion")
    assert not given
    return True


def named(name: str, value: bytes) -> tuple[bytes, bytes]:
    return f'Content-Disposition: form-data; name="{name}"'.encode(), value


@pytest.mark.parametrize(
    ("body", "is_read"),
    [
        (body_of((IMAGE, b"x\r\ny")), True),
        (body_of((TYPED, b""), (IMAGE, b"\r\n"), named("top_k", b"3")), True),
        (body_of((IMAGE, b"x"), named("version", b"2"), end=b"--"), True),
        (body_of((IMAGE, b"x"), named("alias", b"staging")), True),
        (body_of((IMAGE, b"x"), named("alias", b"a"), named("version", b"2")), False),
        (body_of((IMAGE, b"x"), named("top_k", b"0")), False),
        (body_of((IMAGE, b"x"), named("top_k", b"1001")), False),
        (body_of((IMAGE, b"x"), named("top_k", b"3"), named("top_k", b"3")), False),
        (body_of((IMAGE, b"x"), named("topk", b"3")), False),
        (body_of(named("top_k", b"3")), False),
        (body_of(*[(IMAGE, b"x")] * 32), True),
        (body_of(*[(IMAGE, b"x")] * 33), False),
        (body_of((IMAGE, b"one\r\n--abc two")), False),
        (body_of((IMAGE, b"one --ab two")), False),
        (body_of((IMAGE, b"one\n--ab two")), False),
        (body_of((IMAGE.replace(b"a.png", b"../a.png"), b"x")), False),
        (body_of((IMAGE.replace(b"a.png", b"&lt;.png"), b"x")), False),
        (body_of((IMAGE.replace(b"a.png", "ä.png".encode()), b"x")), False),
        (body_of((IMAGE + b"; filename*=utf-8''b.png", b"x")), False),
        (body_of((IMAGE + b"\r\nContent-Transfer-Encoding: base64", b"eA==")), False),
        (body_of((IMAGE, b"x"), end=b"--\r\nmore"), False),
        (body_of((IMAGE, b"x"), end=b""), False),
        (b"preamble\r\n" + body_of((IMAGE, b"x")), False),
        (b"", False),
        (b"--ab--", False),
        (body_of((IMAGE, b"x"))[:-9], False),
    ],
)
def test_it_reads_what_django_reads_or_nothing(body, is_read):
    assert agrees(body) == is_read


PIECES = st.sampled_from(
    [b"--ab", b"\r\n", b"\n", b"--", b"--ab\r\n", b"\r\n--ab", IMAGE, TYPED, b"\r\n\r\n", b"x",
     b"ab", b"\x00", b"top_k", named("top_k", b"3")[0], b"3", b" ", b"-"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=14).map(b"".join))
def test_no_body_is_read_in_two_ways(middle):
    agrees(body_of((IMAGE, middle)))
    agrees(b"--ab\r\n" + middle + b"\r\n--ab--\r\n")


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'multipart/form-data; boundary="abc"', b"abc"),
        (b"multipart/form-data;boundary=----WebKitFormBoundaryAa0", b"----WebKitFormBoundaryAa0"),
        (b"multipart/form-data; charset=utf-8; boundary=abc", None),
        (b"multipart/form-data; boundary=abc; charset=utf-16", None),
        (b"multipart/form-data", None),
        (b"multipart/form-data; boundary=", None),
        (b"application/json", None),
    ],
)
def test_the_boundary(header, boundary):
    assert plain_form.boundary_of(header) == boundary
