"""Bodies and requests that nothing could be made of: the sender is told so, never with a 500."""

import io

import pytest
from django.test import Client
from rest_framework.exceptions import ParseError

from common.parsers import JSONParser
from tests import factories

DATASETS = "/api/v1/datasets/"
HALF = b'"\\ud800"'


def form(fields: int = 0, files: int = 0, size: int = 1) -> bytes:
    disposition = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    parts = [disposition.format(f"f{n}", "", "x" * size) for n in range(fields)]
    parts += [disposition.format("images", f'; filename="{n}.png"', "x") for n in range(files)]
    return "".join(f"--b\r\n{part}" for part in parts).encode() + b"--b--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"name": "a", "organization": ' + HALF + b"}",
        b'{"name": "a", ' + HALF + b": 1}",
        b'{"name": ' + b"9" * 400 + b"}",
        b'{"name": NaN}',
        b'{"name": 1e99999}',
        b'{"name": "\xff"}',
        b"{",
    ],
)
def test_json_that_no_later_step_could_handle_is_refused(api, body):
    answer = api.generic("POST", DATASETS, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_a_choice_that_is_half_a_character_is_refused(api, user):
    dataset = factories.make_dataset(user=user)
    body = b'{"split": {"strategy": ' + HALF + b"}}"
    answer = api.generic(
        "POST", f"{DATASETS}{dataset.pk}/versions/", body, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "utf-16"])
def test_whatever_charset_is_named_a_body_is_utf_8(api, charset):
    body = '{"name": "Füchse"}'.encode()
    made = api.generic("POST", DATASETS, body, content_type=f"application/json; charset={charset}")
    assert (made.status_code, made.json()["name"]) == (201, "Füchse")
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["csrftoken"] = "c" * 32
    for media_type in ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        sent = f"{media_type}; charset={charset}"
        answer = browser.generic("POST", "/accounts/login/", b"--b--\r\n", content_type=sent)
        assert answer.status_code == 403


def test_a_whole_pair_of_surrogates_is_a_character():
    assert JSONParser().parse(io.BytesIO(b'"\\ud83e\\udd8a"')) == "🦊"
    with pytest.raises(ParseError):
        JSONParser().parse(io.BytesIO(b'"\\udd8a\\ud83e"'))


def test_a_media_type_that_is_not_read_is_named_in_the_detail_alone(api):
    answer = api.generic("POST", DATASETS, b"a=b", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["title"]) == (415, "Unsupported Media Type")
    assert "x-www-form-urlencoded" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (form(files=101), 400, "100 files"),
        (form(fields=1001), 400, "1,000 fields"),
        (form(fields=1, size=3 << 20), 413, "bytes"),
    ],
)
def test_a_form_with_too_much_in_it_is_refused(api, user, body, status, says):
    url = f"{DATASETS}{factories.make_dataset(user=user).pk}/images/"
    answer = api.generic("POST", url, body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert "DATA_UPLOAD" not in answer.json()["detail"]


def test_an_endless_query_is_refused(api):
    answer = api.get(DATASETS + "?" + "&".join(f"q{n}=1" for n in range(1001)))
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_host_name_that_is_not_ours_is_refused_as_a_problem(client):
    answer = client.get("/api/v1/me/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_host")
    assert "evil" not in answer.content.decode()
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_post_without_the_slash_is_not_turned_into_a_get(api):
    answer = api.post(DATASETS.rstrip("/"), {"name": "Pets"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "slash" in answer.json()["hint"]
    assert api.get(DATASETS.rstrip("/")).headers["Location"] == DATASETS


def test_of_thousands_of_faults_the_first_hundred_are_told(api, user):
    url = f"{DATASETS}{factories.make_dataset(user=user).pk}/annotations/"
    answer = api.post(url, {"annotations": [{"image": "x", "class_name": "cat"}] * 2000})
    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 100
    assert len(answer.content) < 50_000
