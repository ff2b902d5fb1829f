"""The client's calls: patience, refusals, and where the token goes."""

import hashlib
import logging

import pytest

from loupe import errors
from loupe.api import Api
from loupe.errors import refusal
from tests.client.conftest import TOKEN, Told, problem

BUSY = problem(503, "unavailable", "No worker is free.", Retry_After="7")


def test_a_busy_server_is_waited_for_as_long_as_it_says(server, client_api, quick):
    server.in_turn(BUSY, problem(429, "throttled", "Slow.", Retry_After="3"), Told(200, {"a": 1}))
    assert client_api.post("models/1/predict/", files=[("images", ("a.png", b"1"))]) == {"a": 1}
    assert quick == [7, 3]
    # The same body each time.
    assert [asked.body.count(b"a.png") for asked in server.asked] == [1, 1, 1]


def test_patience_ends(server, quick):
    server.in_turn(problem(429, "quota_exceeded", "All is used.", Retry_After="3000"))
    with Api(server.url, TOKEN, patience=60) as api, pytest.raises(errors.TooManyRequests) as told:
        api.get("me/")
    assert (told.value.retry_after, told.value.code, quick) == (3000, "quota_exceeded", [])


def test_a_lost_answer_is_asked_for_again_where_that_does_no_harm(server, client_api, quick):
    server.in_turn(Told(0), Told(502, b"<html>"), Told(200, {"id": 1}))
    assert client_api.get("me/") == {"id": 1}
    server.in_turn(Told(0), Told(0), Told(202, {"id": 2}))
    assert client_api.post("training-runs/", {"preset": "a"}, starts_work=True) == {"id": 2}
    keys = [asked.headers.get("Idempotency-Key") for asked in server.asked]
    assert keys[:3] == [None] * 3
    assert len(set(keys[3:])) == 1
    assert keys[3]
    assert len(keys) == 6
    assert len(quick) == 4


def test_a_lost_answer_of_a_change_is_not_asked_for_again(server, client_api, quick):
    server.in_turn(Told(0), Told(201, {"id": 1}))
    with pytest.raises(errors.CannotConnect, match="does not answer"):
        client_api.post("datasets/", {"name": "Birds"})
    assert (len(server.asked), quick) == (1, [])


def test_a_server_that_is_not_there_is_tried_until_patience_ends(server, quick):
    server.stop()
    with Api(server.url, TOKEN, patience=0) as api, pytest.raises(errors.CannotConnect):
        api.post("datasets/", {"name": "Birds"})


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid", errors.Invalid),
        (401, "not_authenticated", errors.SignedOut),
        (403, "forbidden", errors.Forbidden),
        (404, "not_found", errors.NotFound),
        (409, "under_way", errors.Conflict),
        (409, "quota_exceeded", errors.QuotaExceeded),
        (409, "gate_refused", errors.GateRefused),
        (413, "too_large", errors.TooLarge),
        (415, "unsupported_media_type", errors.UnsupportedMediaType),
        (418, "teapot", errors.Refused),
        (422, "unprocessable", errors.Unprocessable),
        (429, "throttled", errors.TooManyRequests),
        (500, "internal", errors.ServerFault),
        (502, "", errors.Unavailable),
        (507, "full", errors.ServerFault),
    ],
)
def test_each_kind_of_refusal_has_its_class(status, code, kind):
    error = refusal(status, {"code": code, "detail": "The sentence.", "hint": "Do this."})
    assert type(error) is kind
    assert (error.status_code, error.code, str(error)) == (status, code, "The sentence. Do this.")


def test_a_page_of_a_proxy_is_a_sentence(server, client_api):
    server.in_turn(Told(404, b"<html>nginx</html>", {"Content-Type": "text/html"}))
    with pytest.raises(errors.NotFound, match=r"127.0.0.1 answered 404 Not Found"):
        client_api.get("me/")


def test_the_token_goes_to_no_other_server(server, client_api):
    server.in_turn(Told(301, b"", {"Location": "http://127.0.0.1:9/api/v1/me/"}))
    with pytest.raises(errors.UnexpectedAnswer, match=r"leads on to http://127.0.0.1:9"):
        client_api.get("me/")
    # What a page names as the next one stays on the server that we know.
    pages = [{"next": "http://127.0.0.1:9/api/v1/jobs/?cursor=x&status=failed", "results": [1]}]
    server.in_turn(*(Told(200, page) for page in [*pages, {"next": None, "results": [2]}]))
    assert list(client_api.pages("jobs/", status="failed", kind=None)) == [1, 2]
    assert [asked.path for asked in server.asked[-2:]] == [
        "/api/v1/jobs/?status=failed", "/api/v1/jobs/?cursor=x&status=failed",
    ]  # fmt: skip
    server.in_turn(Told(200, b"file"))
    assert client_api.read("https://elsewhere.example/api/v1/files/1/?a=b") == b"file"
    assert server.asked[-1].path == "/api/v1/files/1/?a=b"


def test_a_file_in_a_bucket_is_fetched_without_the_token_and_compared(server, client_api, tmp_path):
    content = b"a model"
    sha256 = hashlib.sha256(content).hexdigest()
    lead = {"Location": f"{client_api.url}/bucket/m?sig=1", "Loupe-Content-SHA256": sha256}
    named = {"Content-Disposition": 'attachment; filename="birds-v1.onnx"'}
    server.in_turn(Told(302, b"", lead), Told(200, content, named))
    path = client_api.download("model-versions/1/files/model.onnx/", tmp_path)
    assert (path.name, path.read_bytes()) == ("birds-v1.onnx", content)
    assert server.asked[-1].path == "/bucket/m?sig=1"
    assert "Authorization" not in server.asked[-1].headers
    for told, said in (
        (Told(200, b"another"), "not the file that was registered"),
        (Told(403, b"<Error/>"), "answered 403 Forbidden"),
        (Told(0), "does not answer"),
    ):
        server.in_turn(Told(302, b"", lead), told)
        with pytest.raises(errors.UnexpectedAnswer, match=said):
            client_api.download("model-versions/1/files/model.onnx/", tmp_path / "again.onnx")
    # Any other redirect is not followed.
    server.in_turn(Told(302, b"", {"Location": f"{client_api.url}/login"}))
    with pytest.raises(errors.UnexpectedAnswer, match="leads on to"):
        client_api.download("model-versions/1/files/model.onnx/", tmp_path / "again.onnx")
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["birds-v1.onnx"]


def test_the_token_is_in_no_text(server, client_api, caplog):
    caplog.set_level(logging.DEBUG)
    server.in_turn(problem(401, "not_authenticated", "The token is not known."))
    with pytest.raises(errors.SignedOut) as told:
        client_api.get("me/")
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    texts = [repr(client_api), str(told.value), repr(told.value), caplog.text]
    assert [text for text in texts if TOKEN in text] == []
    assert "/api/v1/me/" in caplog.text


@pytest.mark.parametrize("url", ["ftp://example.org", "http://", "https://me:word@example.org"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(errors.LoupeError, match="The address of Loupe"):
        Api(url)


def test_a_token_with_a_line_break_is_refused_without_being_told(server):
    with pytest.raises(errors.LoupeError) as told:
        Api(server.url, f"{TOKEN}\nX-Evil: 1")
    assert TOKEN not in str(told.value)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('attachment; filename="birds.onnx"', "birds.onnx"),
        ('attachment; filename="../../.bashrc"', "bashrc"),
        ("attachment; filename*=utf-8''v%C3%B6gel.onnx", "vögel.onnx"),
        ('attachment; filename=".."', "download"),
        ("inline", "download"),
    ],
)
def test_a_download_stays_in_its_folder(server, client_api, tmp_path, said, name):
    server.in_turn(Told(200, b"content", {"Content-Disposition": said}))
    folder = tmp_path / "target"
    folder.mkdir()
    assert client_api.download("files/1/", folder) == folder / name
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [(name, b"content")]
    assert client_api.download("files/1/", tmp_path / "mine.onnx").read_bytes() == b"content"
    with pytest.raises(errors.UnusableInput, match="is there already"):
        client_api.download("files/1/", folder)
