"""The page of the REST API, made from the schema."""

import html
import re

from common.api_reference import api_reference
from common.templatetags.ticks import ticks


def test_every_call_and_every_shape_stands_on_the_page(client, db):
    answer = client.get("/api/v1/docs/")
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = html.unescape(answer.content.decode())
    schema = client.get("/api/v1/schema/", {"format": "json"}).json()
    calls = [
        (method, path)
        for path, operations in schema["paths"].items()
        for method in operations
        if method in ("get", "head", "post", "put", "patch", "delete")
    ]
    shown = re.findall(r'<span class="api-method api-(\w+)">.*?<code>(.*?)</code>', page)
    assert sorted(shown) == sorted(calls)
    assert len(calls) > 80
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', page)) - {"content"}
    assert targets <= set(ids)


def test_fields_say_what_they_take():
    shapes = {shape.name: shape for shape in api_reference().shapes}
    token = {field.name: field for field in shapes["TokenInputRequest"].fields}
    assert token["name"].required
    assert token["scopes"].kind.text.startswith("list of one of read, write")
    assert "From 1, to 365" in token["expires_in_days"].note
    job = {field.name: field for field in shapes["Job"].fields}
    assert job["status"].kind.text.startswith("one of pending, queued, running")
    assert job["started_at"].kind.text == "time (ISO 8601) or null"
    accepted = {field.name: field for field in shapes["Import"].fields}
    assert (accepted["job"].kind.text, accepted["job"].kind.shape) == ("Job", "Job")


def test_answers_and_bodies_lead_to_their_shapes():
    calls = {call.id: call for calls in api_reference().sections.values() for call in calls}
    imports = calls["datasets_imports_create"]
    assert imports.path == "/api/v1/datasets/{dataset_id}/imports/"
    assert {media for media, _ in imports.bodies} == {"multipart/form-data", "application/json"}
    answers = [(status, kind.shape, note) for status, kind, note in imports.answers]
    assert ("202", "Import", "Headers: `Location`, `Idempotent-Replayed`.") in answers
    assert answers[-1][:2] == ("400, 401, 403, 404, 408, 413, 415, 429, 4XX, 503, 507", "Problem")
    told = calls["uploads_head"].answers[0]
    assert (told[0], told[1].text) == ("200", "nothing")
    assert "`Upload-Offset`" in told[2]


def test_code_in_descriptions_is_code_and_nothing_else_is_markup():
    assert ticks("`GET <b>` & <i>") == "<code>GET &lt;b&gt;</code> &amp; &lt;i&gt;"
