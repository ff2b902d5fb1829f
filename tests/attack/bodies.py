"""Crafted bodies: deep, huge, dishonest about their length; and connections that say nothing."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer, signed_in

JSON = {"Content-Type": "application/json"}
MIB = 1 << 20
# No answer may take longer than a slow body is given, and some for the machine.
PATIENCE = 90


def attack(attack: Attack, chapter: Chapter) -> None:
    """Send the bodies; then open the connections, all at once, as they take their time."""
    _json(attack, chapter)
    _forms(attack, chapter)
    _lengths(attack, chapter)
    _strangers(attack, chapter)
    _smuggling(attack, chapter)
    if not attack.short:
        _slow(attack, chapter)


def _json(attack: Attack, chapter: Chapter) -> None:
    headers = bearer(attack.world.tokens["owner"]) | JSON
    deep = 100_000
    bodies: dict[str, bytes] = {
        "arrays in arrays": b"[" * deep + b"]" * deep,
        "objects in objects": b'{"name":' * deep + b"1" + b"}" * deep,
        "a name that is deep": b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "an integer of a million digits": b'{"name":' + b"9" * 1_000_000 + b"}",
        "NaN": b'{"name": NaN}',
        "infinity": b'{"name": 1e99999}',
        "half a surrogate": b'{"name": "\\ud800"}',
        "a NUL": b'{"name": "a\\u0000b"}',
        "a key twice": b'{"name": "a", "name": {"$ne": null}}',
        "no UTF-8": b'{"name": "\xff\xfe"}',
        "UTF-16": '{"name": "a"}'.encode("utf-16"),
        "a list": b"[]",
        "nothing": b"",
        "null": b"null",
        "a name of ten megabytes": json.dumps({"name": "n" * (10 * MIB)}).encode(),
        "a million keys": json.dumps({f"k{n}": n for n in range(1_000_000)}).encode(),
        "prototype": b'{"__proto__": {"is_superuser": true}, "constructor": {}}',
    }
    for name, body in attack.some(list(bodies.items()), of=2):
        for path in ("/api/v1/datasets/", "/api/v1/training-runs/", "/api/v1/auth/device/token/"):
            answer = attack.target.send("POST", path, headers=headers, data=body)
            held = answer.status_code in (400, 401, 413, 415)
            chapter.check(held, f"JSON: {name} to {path}", f"{answer.status_code} {answer.text}")


def _forms(attack: Attack, chapter: Chapter) -> None:
    token = bearer(attack.world.tokens["owner"])
    path = f"/api/v1/datasets/{attack.world.dataset.pk}/images/"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    part = b'--b\r\nContent-Disposition: form-data; name="class_name"\r\n\r\nx\r\n'
    file = b'--b\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\nx\r\n'
    coding = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    bodies = {
        "no end": file,
        "no parts": b"--b--\r\n",
        "ten thousand fields": part * 10_000 + b"--b--\r\n",
        "a thousand files": file * 1000 + b"--b--\r\n",
        "a header of a megabyte": b"--b\r\nX: " + b"a" * MIB + b"\r\n\r\nx\r\n--b--\r\n",
        "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        "base64 that is none": file.replace(b"\r\n\r\n", coding) + b"--b--\r\n",
        "a gigabyte in a gzip": b"\x1f\x8b\x08" + bytes(500),
    }  # fmt: skip
    for name, body in bodies.items():
        answer = attack.target.send("POST", path, headers=token | kind, data=body)
        held = 400 <= answer.status_code < 500 or answer.status_code == 207
        chapter.check(held, f"form: {name}", f"{answer.status_code} {answer.text}")
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 5000,
        "multipart/form-data; boundary=\xff",
        "application/x-yaml",
        "application/xml",
        "text/plain",
        "",
    ):
        answer = attack.target.send(
            "POST", path, headers=token | {"Content-Type": kind}, data=b"<x/>"
        )
        chapter.check(
            answer.status_code in (400, 415), f"content of type {kind[:40]!r}", answer.text
        )
    page = signed_in(attack.world.sessions["owner"])
    fields = "&".join(f"a{n}=1" for n in range(5000))
    answer = attack.target.send(
        "POST",
        "/datasets/new/",
        headers=page | {"Content-Type": "application/x-www-form-urlencoded"},
        data=fields,
    )
    chapter.check(answer.status_code < 500, "a page's form of 5,000 fields", answer.status_code)


def _lengths(attack: Attack, chapter: Chapter) -> None:
    """Lengths that are said and not kept, or more than an address may receive."""
    token = attack.world.tokens["owner"]
    for length, allowed in (
        (str(settings.REQUEST_MAX_BYTES + 1), (b"413",)),
        (str(1 << 70), (b"400", b"413")),
        ("-5", (b"400",)),
        ("5, 6", (b"400",)),
        ("five", (b"400",)),
        ("\u0665", (b"400",)),
    ):
        said = attack.target.raw(
            _head("POST", "/api/v1/datasets/", token, f"Content-Length: {length}"), seconds=5
        )
        chapter.check(said[9:12] in allowed, f"Content-Length: {length}", said[:200])
    upload = "/api/v1/uploads/"
    headers = bearer(token) | {"Tus-Resumable": "1.0.0"}
    for length in ("-1", str(1 << 80), "1e9", "", "0x10"):
        answer = attack.target.send("POST", upload, headers=headers | {"Upload-Length": length})
        held = answer.status_code in (400, 413)
        chapter.check(held, f"Upload-Length: {length!r}", f"{answer.status_code} {answer.text}")
    for metadata in (
        "filename Li4vLi4vZXRjL3Bhc3N3ZA==",
        "filename !!!",
        "a b c,d e f",
        "x" * 9000,
    ):
        answer = attack.target.send(
            "POST", upload, headers=headers | {"Upload-Length": "4", "Upload-Metadata": metadata}
        )
        held = answer.status_code in (201, 400)
        chapter.check(held, f"Upload-Metadata: {metadata[:40]}", answer.text)


def _strangers(attack: Attack, chapter: Chapter) -> None:
    """Who has no account spools nothing."""
    before = set(settings.FILE_UPLOAD_TEMP_DIR.iterdir())
    path = f"/api/v1/datasets/{attack.world.dataset.pk}/imports/"
    answer = attack.target.send("POST", path, data=iter([bytes(64 << 10)] * 64))
    chapter.check(answer.status_code == 401, "4 MiB in chunks of a stranger", answer.text)
    said = attack.target.raw(
        _head("POST", path, "loupe_made_up", f"Content-Length: {1 << 31}"), seconds=5
    )
    chapter.check(said[9:12] == b"401", "2 GiB announced by a stranger", said[:200])
    left = set(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) - before
    chapter.check(not left, "nothing of it lies on the disk", left)


def _smuggling(attack: Attack, chapter: Chapter) -> None:
    """One request that a proxy might take for two, and headers that are no headers."""
    token = attack.world.tokens["owner"]
    me = b"GET /api/v1/me/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    heads = {
        "a length and chunks": ("Content-Length: 5", "Transfer-Encoding: chunked"),
        "two lengths": ("Content-Length: 5", "Content-Length: 6"),
        "an unknown coding": ("Transfer-Encoding: xchunked",),
        "a coding twice": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        "a space before the colon": ("Transfer-Encoding : chunked",),
        "a folded header": ("X-A: 1\r\n Transfer-Encoding: chunked",),
        "a NUL in a header": ("X-A: a\0b",),
    }
    for name, lines in heads.items():
        said = attack.target.raw(
            _head("POST", "/api/v1/auth/device/", token, *lines) + b"0\r\n\r\n" + me, seconds=3
        )
        chapter.check(
            said[9:12] in (b"400", b"501") and b"not_authenticated" not in said,
            f"{name}: refused, and nothing behind it is read as a request",
            said,
        )
    chapter.check(
        attack.target.raw(b"\x16\x03\x01\x02\0\x01\0" * 9, seconds=5)[9:12] in (b"400", b""),
        "TLS to a port without it",
    )
    long = _head("GET", "/healthz/live", token, "X-Long: " + "a" * (1 << 20))
    chapter.check(attack.target.raw(long, seconds=5)[9:12] in (b"400", b"431"), "a header of 1 MiB")


def _slow(attack: Attack, chapter: Chapter) -> None:
    """Who sends nothing, or drips, is let go; meanwhile the others are answered at once."""
    token = attack.world.tokens["owner"]
    body = _head("POST", "/api/v1/datasets/", token, "Content-Length: 100000", "X-A: 1")
    ways = {
        "a connection that says nothing": (b"", b""),
        "headers that drip": (b"GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a"),
        "a first line that drips": (b"GET /", b"a"),
        "a body that drips": (body, b" "),
    }
    with ThreadPoolExecutor(200) as pool:
        waits = {
            name: [pool.submit(_until_let_go, attack, *way) for _ in range(50)]
            for name, way in ways.items()
        }
        seconds = []
        for _ in range(20):
            started = time.monotonic()
            answer = attack.target.send("GET", "/api/v1/me/", headers=bearer(token))
            seconds.append(time.monotonic() - started)
            chapter.check(answer.status_code == 200, "another's request meanwhile", answer.text)
            time.sleep(0.5)
        chapter.figures.append(
            f"beside 200 connections that hang, another's request: {sorted(seconds)[10]:.2f} s"
        )
        for name, futures in waits.items():
            most = max(future.result() for future in futures)
            chapter.check(most < PATIENCE, f"{name} is let go", f"after {most:.0f} s it is not")
            chapter.figures.append(f"{name} is let go after {most:.0f} s")


def _until_let_go(attack: Attack, start: bytes, drip: bytes) -> float:
    """Return after how many seconds the server closes a connection that sends a byte a second."""
    started = time.monotonic()
    with attack.target.connected(1) as connection:
        try:
            connection.sendall(start)
            while time.monotonic() - started < PATIENCE:
                try:
                    if not connection.recv(4096):
                        break
                except TimeoutError:
                    connection.sendall(drip)
        except (OSError, ConnectionError):
            pass
    return time.monotonic() - started


def _head(method: str, path: str, token: str, *lines: str) -> bytes:
    """The head of a JSON request, with these lines just as they are."""
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n"
