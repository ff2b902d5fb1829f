"""A real receiver over TLS: what it gets, what is refused, and how long it may hold us."""

import socket
import ssl
import threading
import time

import pytest

from tests.webhooks.receivers import NAME, make_certificate, running, say
from webhooks.outgoing import post as posting
from webhooks.outgoing.addresses import read_networks
from webhooks.outgoing.post import post
from webhooks.outgoing.target import read_target

HERE = read_networks(["127.0.0.0/8"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def certificate(folder):
    return make_certificate(folder, NAME)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    posting._trust.cache_clear()
    yield
    posting._trust.cache_clear()


@pytest.fixture
def receiver(certificate, trusted):
    with running(certificate) as receiver:
        yield receiver


def send(url: str, seconds: float = 5.0, resolve=lambda host, port: ["127.0.0.1"], **headers):
    return post(
        read_target(url, HERE),
        body=b'{"a":1}',
        headers=headers,
        networks=HERE,
        resolve=resolve,
        seconds=seconds,
    )


def test_it_is_posted_as_it_is_to_the_name(receiver):
    tried = send(receiver.url(), **{"webhook-id": "msg_1"})
    assert tried == (200, tried.latency_ms, "", "", "thanks")
    assert tried.accepted
    [(headers, body)] = receiver.got
    assert body == b'{"a":1}'
    assert headers["Host"] == f"{NAME}:{receiver.port}"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == "msg_1"


def test_the_name_is_looked_up_once_and_the_checked_address_is_called(receiver):
    """A name that answers the second time with another address gains nothing."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    assert send(receiver.url(), resolve=rebinding).accepted
    assert asked == [NAME]


def test_tls_verifies_the_name(receiver):
    tried = send(receiver.url(host="other.example"))
    assert (tried.code, tried.status_code) == ("certificate", None)
    assert "other.example" in tried.detail
    assert receiver.got == []


def test_a_certificate_of_no_known_authority_is_refused(certificate):
    posting._trust.cache_clear()
    with running(certificate) as receiver:
        tried = send(receiver.url())
    assert tried.code == "certificate"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    with running() as inside:
        inside_url = inside.url("http", "127.0.0.1")
        for location in ("http://169.254.169.254/latest/meta-data/", inside_url):
            receiver.answer = lambda handler, to=location: say(handler, status, Location=to)
            tried = send(receiver.url())
            assert (tried.status_code, tried.code) == (status, "redirected")
        assert inside.got == []


@pytest.mark.parametrize(("status", "code"), [(400, "refused"), (500, "refused"), (410, "gone")])
def test_what_is_no_success_is_said(receiver, status, code):
    receiver.answer = lambda handler: say(handler, status, b"<b>no</b>")
    tried = send(receiver.url())
    assert (tried.status_code, tried.code, tried.answer) == (status, code, "<b>no</b>")


def test_proxies_of_the_environment_are_not_asked(receiver, monkeypatch):
    with running() as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(receiver.url()).accepted
        assert proxy.got == []


def test_of_a_long_answer_the_beginning_is_kept(receiver):
    receiver.answer = lambda handler: say(handler, 200, b"\x00\xff\x1b[31m" + b"x" * 5_000_000)
    tried = send(receiver.url())
    assert tried.accepted
    assert len(tried.answer) <= 1000
    assert tried.answer.endswith("xxx")
    assert "\x00" not in tried.answer
    assert "\x1b" not in tried.answer


def test_a_head_without_an_end_is_given_up(receiver):
    def endless(handler):
        handler.send_response(200)
        handler.flush_headers()
        for _ in range(200):
            handler.wfile.write(b"X-Long: " + b"y" * 1000 + b"\r\n")

    receiver.answer = endless
    tried = send(receiver.url())
    assert (tried.status_code, tried.code) == (None, "answer_too_large")


@pytest.mark.parametrize(
    "piece", [b"", b"HTTP/1.1 200 OK\r\nX: y", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_who_trickles_holds_us_no_longer_than_who_is_silent(piece):
    """A byte now and then renews the time-out of a socket, but not the deadline of a try."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def trickle():
        connection, _ = listener.accept()
        with connection:
            for byte in piece * 1000 if piece else ():
                if stop.is_set():
                    return
                try:
                    connection.send(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.05)
            stop.wait(5)

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    begun = time.monotonic()
    tried = send(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.6)
    stop.set()
    thread.join(2)
    listener.close()
    assert (tried.code, tried.status_code) == ("timed_out", None)
    assert time.monotonic() - begun < 2


def test_who_does_not_shake_hands_is_given_up(trusted):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        begun = time.monotonic()
        tried = send(f"https://{NAME}:{listener.getsockname()[1]}/", seconds=0.5)
    assert tried.code == "timed_out"
    assert time.monotonic() - begun < 2


def test_a_name_that_is_looked_up_for_ever_is_given_up():
    begun = time.monotonic()
    tried = send("https://slow.example/", seconds=0.3, resolve=lambda host, port: time.sleep(5))
    assert (tried.code, time.monotonic() - begun < 2) == ("timed_out", True)


def test_who_is_not_there_or_speaks_something_else_is_said(trusted):
    def unknown(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    assert send("https://nowhere.example/", resolve=unknown).code == "unknown_host"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert send(f"https://{NAME}:{port}/").code == "not_connected"
    with running() as plain:
        assert send(f"https://{NAME}:{plain.port}/").code == "tls"


def test_old_tls_is_refused(certificate, trusted):
    assert posting._trust().minimum_version == ssl.TLSVersion.TLSv1_2
    assert posting._trust().check_hostname
    assert posting._trust().verify_mode == ssl.CERT_REQUIRED
