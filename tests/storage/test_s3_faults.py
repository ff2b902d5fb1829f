"""A store that is slow, says 503, is cut off, refuses the key, or is full."""

import hashlib
import os
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError

from common.errors import Unavailable
from config import durable_files
from jobs.errors import FAILURES, domain_failures, named
from storage import breaker, durable
from storage.errors import StoreError, StoreFull, StoreRefused, StoreUnavailable
from storage.names import blob_name, model_file_name, upload_name
from storage.s3_errors import store_error
from tests.client.cutting import CuttingProxy
from tests.conftest import free_port
from tests.storage.s3_server import bucket, s3_server

CONTENT = b"an image"
BLOB = blob_name(hashlib.sha256(CONTENT).hexdigest())
LARGE = os.urandom(1 << 20) * 24


@pytest.fixture
def use(s3_store, settings, monkeypatch):
    """Give a function after which durable files lie at another address, with other variables."""

    def _use(url, **variables):
        for name, value in {"LOUPE_S3_ENDPOINT_URL": url, **variables}.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = {**settings.STORAGES, "durable": durable_files.durable_files()}
        durable._object_store.cache_clear()

    return _use


class Answering:
    """A server that answers each request with the next of its `statuses`, the last for ever."""

    def __init__(self, *statuses):
        self.asked = 0
        left = list(statuses)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                server.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = left.pop(0) if len(left) > 1 else left[0]
                code = {503: "SlowDown", 507: "XMinioStorageFull"}.get(status, "InternalError")
                body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if status != 200 else 0))
                self.end_headers()
                if status != 200:
                    self.wfile.write(body)

            do_PUT = do_GET = do_POST = answer  # noqa: N815 (names of the base class)

            def log_message(self, *args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def answering():
    """Give a function that starts such a server."""
    servers = []

    def start(*statuses):
        servers.append(Answering(*statuses))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_store_that_says_503_once_is_asked_again(use, answering):
    server = answering(503, 503, 200)
    use(server.url)
    durable.write(BLOB, [CONTENT])
    assert server.asked == 3


def test_a_store_that_says_503_for_ever_is_unavailable(use, answering, monkeypatch):
    monkeypatch.setattr(durable_files, "_TRIES", 2)
    server = answering(503)
    use(server.url)
    with pytest.raises(StoreUnavailable, match=r"does not answer as it should \(SlowDown, 503\)"):
        durable.write(BLOB, [CONTENT])
    assert server.asked == 2


def test_a_store_that_is_not_there_or_says_nothing_is_unavailable(use, monkeypatch):
    monkeypatch.setattr(durable_files, "_TRIES", 1)
    monkeypatch.setattr(durable_files, "_SILENCE_SECONDS", 0.5)
    use(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        durable.exists(BLOB)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="ReadTimeoutError"):
            durable.read(BLOB)
        assert time.monotonic() - began < 5


def test_an_upload_goes_in_parts_and_a_part_that_is_cut_is_sent_again(use, s3_url):
    proxy = CuttingProxy(int(s3_url.rpartition(":")[2]), cuts=[1 << 20, 14 << 20])
    try:
        use(proxy.url)
        name, parts = upload_name("large"), []
        durable._store()._storage.bucket.meta.client.meta.events.register(
            "before-call.s3.UploadPart", lambda params, **_: parts.append(params["url_path"])
        )
        durable.write(name, [LARGE])
    finally:
        proxy.close()
    assert (proxy.cut, len(parts)) == (2, 3)
    use(s3_url)
    assert durable.read(name) == LARGE


def test_of_an_upload_that_is_given_up_nothing_is_seen(use, s3_url, tmp_path, monkeypatch):
    monkeypatch.setattr(durable_files, "_TRIES", 1)
    name = upload_name("large")
    proxy = CuttingProxy(int(s3_url.rpartition(":")[2]), cuts=[12 << 20])
    try:
        use(proxy.url)
        with pytest.raises(StoreUnavailable):
            durable.write(name, [LARGE])
    finally:
        proxy.close()
    use(s3_url)
    assert not durable.exists(name)
    assert list(durable.files_in("uploads/")) == []
    assert list(bucket(s3_url).objects.filter(Prefix=f"{tmp_path.name}/")) == []


def test_a_wrong_key_is_refused_at_once(use, s3_url):
    use(s3_url, AWS_SECRET_ACCESS_KEY="wrong")
    for ask in (lambda: durable.write(BLOB, [CONTENT]), lambda: durable.read(BLOB)):
        with pytest.raises(StoreRefused, match="The operator looks at LOUPE_S3_BUCKET"):
            ask()


def test_without_a_key_it_says_which_are_missing(use, s3_url, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    use(s3_url)
    with pytest.raises(StoreRefused, match="sets AWS_ACCESS_KEY_ID and"):
        durable.write(BLOB, [CONTENT])


def test_a_store_that_says_it_is_full(use, answering):
    server = answering(507)
    use(server.url)
    with pytest.raises(StoreFull, match="makes room in the bucket"):
        durable.write(BLOB, [CONTENT])
    assert server.asked == 1


def test_of_a_file_that_fills_a_bucket_nothing_is_kept(use, tmp_path):
    """What rclone says of a full disk is `InternalError`, so it has no name of its own here."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        with s3_server(tmp_path, files=disk) as url:
            use(url)
            name = model_file_name("v", "model.onnx")
            with pytest.raises(StoreError):
                durable.write(name, [LARGE])
            assert not durable.exists(name)
            durable.write(BLOB, [CONTENT])
            assert durable.read(BLOB) == CONTENT
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("content", [LARGE, LARGE[: 2 << 20]], ids=["large", "small"])
def test_a_download_that_is_cut_each_time_is_tried_again_and_unavailable(use, s3_url, content):
    use(s3_url)
    name = upload_name("large")
    durable.write(name, [content])
    proxy = CuttingProxy(int(s3_url.rpartition(":")[2]), cuts=[], most_down=1 << 20)
    try:
        use(proxy.url)
        with pytest.raises(StoreUnavailable, match="does not answer as it should"):
            b"".join(durable.blocks(name))
    finally:
        proxy.close()
    assert proxy.cut >= 5
    use(s3_url)
    assert b"".join(durable.blocks(name)) == content


def test_a_small_download_that_is_cut_once_arrives_whole(use, s3_url):
    use(s3_url)
    name = upload_name("small")
    durable.write(name, [LARGE[: 2 << 20]])
    proxy = CuttingProxy(int(s3_url.rpartition(":")[2]), cuts=[], most_down=1 << 20, down_cuts=1)
    try:
        use(proxy.url)
        assert b"".join(durable.blocks(name)) == LARGE[: 2 << 20]
    finally:
        proxy.close()
    assert proxy.cut == 1


def test_a_store_that_was_silent_is_not_asked_for_some_seconds(use, monkeypatch):
    monkeypatch.setattr(durable_files, "_TRIES", 1)
    monkeypatch.setattr(durable_files, "_SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(breaker, "LONG_SECONDS", 0.3)
    monkeypatch.setattr(breaker, "REST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(StoreUnavailable, match="ReadTimeoutError"):
            durable.exists(BLOB)
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(StoreUnavailable, match="has not answered lately"):
                durable.exists(BLOB)
        assert time.monotonic() - began < 0.4
        time.sleep(1.1)
        # One asks for all.
        with pytest.raises(StoreUnavailable, match="ReadTimeoutError"):
            durable.exists(BLOB)


def test_one_asks_for_all_whether_a_silent_store_is_back(monkeypatch):
    monkeypatch.setattr(breaker, "LONG_SECONDS", 0.0)
    monkeypatch.setattr(breaker, "REST_SECONDS", 0.1)
    watched = breaker.Breaker()
    with pytest.raises(StoreUnavailable, match="silence"), watched.watching():
        raise StoreUnavailable("silence")
    time.sleep(0.2)
    with watched.watching(), pytest.raises(StoreUnavailable, match="lately"), watched.watching():
        pytest.fail("another asked meanwhile")
    with watched.watching(), watched.watching():
        """It has answered, so that all may ask."""


@pytest.mark.parametrize(("code", "status", "operation", "kind"), [
    ("RequestTimeout", 400, "PutObject", StoreUnavailable),
    ("ExpiredToken", 400, "GetObject", StoreUnavailable),
    ("NoSuchUpload", 404, "UploadPart", StoreUnavailable),
    ("404", 404, "HeadObject", FileNotFoundError),
    ("NoSuchKey", 404, "GetObject", FileNotFoundError),
    ("NoSuchBucket", 404, "PutObject", StoreRefused),
    ("AccessDenied", 403, "HeadObject", StoreRefused),
])  # fmt: skip
def test_what_a_store_says_is_told_by_its_code(code, status, operation, kind):
    said = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert type(store_error(ClientError(said, operation))) is kind


@pytest.mark.parametrize(("kind", "again"), [
    (StoreUnavailable, True), (StoreRefused, False), (StoreFull, False),
])  # fmt: skip
def test_a_job_ends_by_the_name_of_what_the_store_said(kind, again):
    with pytest.raises(kind) as raised, domain_failures():
        raise kind("The sentence.")
    failure = named(raised.value)
    assert (failure.code, failure.detail, failure.retry) == (kind.code, "The sentence.", again)
    assert failure.code in FAILURES
    # A request is told to come again.
    assert isinstance(raised.value, Unavailable)
