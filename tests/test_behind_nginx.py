"""Loupe behind docker/nginx/loupe.conf, as it is deployed: TLS, uploads, streams, addresses."""

import base64
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlencode

import pytest

from accounts.models import AuditEntry, TokenScope
from accounts.services.tokens import create_token
from common.secret_links import SECRET_LINKS
from datasets.models import Upload
from datasets.services.intake.uploads import upload_path
from jobs import events
from jobs.models import Job, Status
from jobs.services.cancel import cancel
from tests import factories
from tests.conftest import Stack, answers, database_url_of_tests, free_port, wait_until
from tests.jobs.testkinds import kinds
from tests.nginx import NGINX, Site, make_certificate, nginx

TUS = {"Tus-Resumable": "1.0.0"}
LIMIT = 4 << 20
GRACE_SECONDS = 1

pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def running_site(django_db_setup, django_db_blocker, static_files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    site = Site(free_port(), free_port(), folder)
    web_port = free_port()
    with django_db_blocker.unblock():
        environment = {
            **os.environ,
            "DATABASE_URL": database_url_of_tests(),
            "LOUPE_PUBLIC_URL": f"https://localhost:{site.port}",
            "FORWARDED_ALLOW_IPS": "127.0.0.1",
            "LOUPE_REQUEST_MAX_BYTES": str(LIMIT),
            "LOUPE_REQUEST_GRACE_SECONDS": str(GRACE_SECONDS),
        }
    stack = Stack(url=f"http://127.0.0.1:{web_port}", environment=environment, logs=folder)
    stack.start("web", "uvicorn", "config.asgi:application", "--port", str(web_port),
                *("--http", "common.head_time:HeadTimeProtocol"))  # fmt: skip
    make_certificate(folder)
    try:
        with nginx(site, web_port):
            wait_until(lambda: answers(f"{stack.url}/healthz/live"), 60, lambda: stack.log("web"))
            yield site
    finally:
        stack.stop("web")


@pytest.fixture
def site(running_site) -> Iterator[Site]:
    """The running site, asked by a person with a token."""
    running_site.token = create_token(
        user=factories.make_user("mira"), name="nginx", scopes=TokenScope.values
    )[1]
    yield running_site
    running_site.token = ""


def test_http_leads_to_https_and_cookies_are_secure(site):
    site.token = ""
    plain = HTTPConnection("127.0.0.1", site.plain_port, timeout=10)
    plain.request("GET", "/accounts/login/", headers={"Host": "localhost"})
    moved = plain.getresponse()
    assert (moved.status, moved.headers["Location"]) == (301, "https://localhost/accounts/login/")
    plain.close()

    page, content = site.ask("GET", "/accounts/login/")
    assert page.status == 200
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    [cookie] = page.headers.get_all("Set-Cookie")
    assert cookie.startswith("csrftoken=")
    assert "; Secure" in cookie
    assert "Server" in page.headers
    assert "/" not in page.headers["Server"], "nginx tells no version"

    # The form is sent from the page's own origin, as a browser does.
    form_token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', content)[1].decode()
    form = f"csrfmiddlewaretoken={form_token}&login=mira&password=a+guess"
    sent = {
        "Cookie": cookie.partition(";")[0],
        "Origin": f"https://localhost:{site.port}",
        "Content_Type": "application/x-www-form-urlencoded",
        # What a client writes here itself counts for nothing.
        "X_Forwarded_For": "203.0.113.9",
    }
    refused, _ = site.ask("POST", "/accounts/login/", form, source="127.0.0.2", **sent)
    assert refused.status == 200
    [entry] = AuditEntry.objects.filter(action="account.sign_in_failed")
    assert entry.address == "127.0.0.2"
    sent["Origin"] = "https://elsewhere.example"
    assert site.ask("POST", "/accounts/login/", form, **sent)[0].status == 403


def test_links_with_secrets_stay_out_of_the_logs(site):
    """Those of nginx and of Loupe: the link, the page to sign in before it, and what it loads."""
    site.token = ""
    for link in SECRET_LINKS:
        for path in (f"{link}s3cret/", f"/{link}s3cret/"):
            site.ask("GET", path)
        way = f"/accounts/login/?{urlencode({'next': f'{link}s3cret/'})}"
        for path in (f"{link}s3cret/", way):
            page, _ = site.ask("GET", path)
            assert page.headers["Referrer-Policy"] == "strict-origin"
        # As a program that heeds no such policy asks for the page's files.
        site.ask("GET", "/healthz/live", Referer=f"https://localhost:{site.port}{link}s3cret/")
    for name in ("access.log", "web.log"):
        log = (site.folder / name).read_text()
        assert "GET /accounts/login/" in log, name
        assert "s3cret" not in log, name


def test_an_upload_passes_whole_in_one_part(site):
    content = os.urandom(24 << 20)
    url = begin(site, len(content))
    started = time.monotonic()
    answer, _ = append(site, url, content)
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(len(content)))
    assert time.monotonic() - started < 20
    kept = upload_path(Upload.objects.get()).read_bytes()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content).digest()
    assert list((site.folder / "client_body").iterdir()) == [], "nginx keeps no copy of a body"


def test_what_is_too_large_is_refused_in_our_words(site):
    for body in (bytes(4 * LIMIT), iter([bytes(1 << 20)] * 16)):
        answer, content = site.ask(
            "POST", "/api/v1/datasets/", body, Content_Type="application/json"
        )
        assert answer.status == 413
        assert json.loads(content)["code"] == "too_large"
        assert f"{LIMIT:,} bytes" in json.loads(content)["detail"]
    site.token = ""
    stranger, content = site.ask("POST", "/api/v1/datasets/", bytes(2 << 20))
    assert (stranger.status, json.loads(content)["code"]) == (401, "not_authenticated")


def test_an_upload_that_trickles_is_ended_and_goes_on_where_it_was(site):
    content, sent, said = os.urandom(200_000), 8_000, b""
    url = begin(site, len(content))
    connection = site.open()
    connection.putrequest("PATCH", url)
    for name, value in part_headers(site, 0, len(content)).items():
        connection.putheader(name, value)
    connection.endheaders(content[:sent])
    started = time.monotonic()
    connection.sock.settimeout(0.1)
    while not said and time.monotonic() - started < 30:
        connection.send(content[sent : sent + 10])
        sent += 10
        with suppress(TimeoutError):
            said = connection.sock.recv(1000)
    connection.close()
    assert said.startswith(b"HTTP/1.1 408"), said
    head, _ = site.ask("HEAD", url, Tus_Resumable="1.0.0")
    offset = int(head.headers["Upload-Offset"])
    assert 8_000 <= offset <= sent
    rest, _ = append(site, url, content[offset:], offset)
    assert (rest.status, rest.headers["Upload-Offset"]) == (204, str(len(content)))
    assert upload_path(Upload.objects.get()).read_bytes() == content


def test_events_come_as_they_happen(site):
    person = AuditEntry.objects.filter(action="token.create").latest("created_at").actor
    job = Job.objects.create(
        kind=kinds.STEPS.name,
        queue="nobody",
        organization=person.personal_organization,
        created_by=person,
        title="Watched",
    )
    Job.objects.filter(pk=job.pk).update(status=Status.QUEUED)
    connection = site.open()
    headers = {"Authorization": f"Bearer {site.token}", "Accept": "text/event-stream"}
    connection.request("GET", f"/api/v1/jobs/{job.pk}/events/", headers=headers)
    stream = connection.getresponse()
    assert stream.status == 200
    sent: list[float] = []

    def tell() -> None:
        sent.append(time.monotonic())
        events.publish(job.pk, [("log", {"message": "one of many"})])

    timer = threading.Timer(1, tell)
    timer.start()
    while b"one of many" not in stream.readline():
        pass
    # One small event must not wait for the next, nor for the end.
    assert time.monotonic() - sent[0] < 1
    timer.join()
    cancel(user=person, job=job)
    assert b"cancelled" in stream.read()
    connection.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_gigabytes_pass_in_one_part(site):
    """The largest archive that is taken by default; neither side holds it in memory or twice."""
    length, block = 2 << 30, os.urandom(1 << 20)
    url = begin(site, length)
    answer, _ = site.ask(
        "PATCH", url, (block for _ in range(length >> 20)), **part_headers(site, 0, length)
    )
    assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(length))
    path = upload_path(Upload.objects.get())
    assert path.stat().st_size == length
    path.unlink()


def begin(site: Site, length: int) -> str:
    """Announce an upload and return its path."""
    name = base64.b64encode(b"pets.zip").decode()
    said = {"Upload_Length": str(length), "Upload_Metadata": f"filename {name}"}
    created, content = site.ask("POST", "/api/v1/uploads/", b"", Tus_Resumable="1.0.0", **said)
    assert created.status == 201, content
    return created.headers["Location"].removeprefix(f"https://localhost:{site.port}")


def part_headers(site: Site, offset: int, length: int) -> dict[str, str]:
    """Return the headers of a part of an upload."""
    return {
        **TUS,
        "Authorization": f"Bearer {site.token}",
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(length),
    }


def append(site: Site, url: str, content: bytes, offset: int = 0) -> tuple[HTTPResponse, bytes]:
    """Send the rest of an upload."""
    return site.ask("PATCH", url, content, **part_headers(site, offset, len(content)))
