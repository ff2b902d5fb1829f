"""Crafted addresses and headers: no 500, no way elsewhere, no other person."""

from urllib.parse import quote, urlsplit

from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer, signed_in
from tests.cursors import POSITIONS, cursor
from tests.permissions import matrix

ELSEWHERE = "elsewhere.example"
WAYS_OUT = [
    f"//{ELSEWHERE}",
    f"/\\{ELSEWHERE}",
    f"\\\\{ELSEWHERE}",
    f"https://{ELSEWHERE}/",
    f"https:{ELSEWHERE}",
    f"/\t/{ELSEWHERE}",
    f"http:///{ELSEWHERE}",
    f"javascript://{ELSEWHERE}/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
]
INJECTIONS = [
    "' OR '1'='1",
    "1; DROP TABLE accounts_user; --",
    "\x00",
    "%00",
    "{{7*7}}${7*7}",
    "../../../../etc/passwd",
    "$(id)`id`|id",
    "\r\nX-Injected: 1",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "9" * 5000,
    "-1",
    "[]",
    "<script>alert(1)</script>",
]


def attack(attack: Attack, chapter: Chapter) -> None:
    """Try the addresses, then the headers."""
    _cursors(attack, chapter)
    _parameters(attack, chapter)
    _paths(attack, chapter)
    _hosts(attack, chapter)
    _ways_out(attack, chapter)
    _pretences(attack, chapter)
    _odd_headers(attack, chapter)


def _cursors(attack: Attack, chapter: Chapter) -> None:
    dataset = attack.world.dataset.pk
    headers = bearer(attack.world.tokens["owner"])
    crafted = [cursor(position) for position in POSITIONS]
    crafted += [cursor(position, r="1") for position in POSITIONS]
    crafted += [cursor("2026-01-01", o="9" * 30), cursor("2026-01-01", o="-1"), "ü", "=", "AAAA"]
    for address in ("datasets/", f"datasets/{dataset}/images/", "jobs/", "models/"):
        for text in attack.some(crafted, of=9):
            answer = attack.target.send(
                "GET", f"/api/v1/{address}", headers=headers, params={"cursor": text}
            )
            held = answer.status_code in (200, 400, 404)
            chapter.check(held, f"cursor {text[:40]!r} of {address}", answer.text)


def _parameters(attack: Attack, chapter: Chapter) -> None:
    """Every list and every page with what its filters never expect."""
    world = attack.world
    rows = [
        row
        for module in matrix.rows_of_apps().values()
        for row in module.ROWS
        if row.method == "GET" and "events/" not in row.route
    ]
    names = ("q", "page_size", "status", "class_name", "order", "after", "name", "dataset")
    tries = [(row, name) for row in rows for name in names]
    for number, (row, name) in enumerate(attack.some(tries, of=61)):
        text = INJECTIONS[number % len(INJECTIONS)]
        url = row.url(world).partition("?")[0]
        key = "bearer" if row.is_api else "page"
        headers = {
            "bearer": bearer(world.tokens["owner"]),
            "page": signed_in(world.sessions["owner"]),
        }[key]
        answer = attack.target.send("GET", url, headers=headers, params={name: text})
        chapter.check(
            answer.status_code < 500 and "X-Injected" not in answer.headers,
            f"{name}={text[:40]!r} of {row}",
            answer.status_code,
        )
        raw = "<script>alert(1)</script>" in answer.text
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        chapter.check(not (raw and html), f"{row} shows a script as text")


def _paths(attack: Attack, chapter: Chapter) -> None:
    """Ways out of a folder, and ids that are none."""
    headers = bearer(attack.world.tokens["owner"])
    version = attack.world.model_version.pk
    up = quote("../../../../../../etc/passwd", safe="")
    paths = [
        f"/static/{up}",
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2fembedded.env",
        f"/api/v1/model-versions/{version}/files/{up}/",
        f"/api/v1/model-versions/{version}/files/model.onnx%00.txt/",
        f"/api/v1/imports/{attack.world.asking.pk}/example/?name={up}",
        f"/api/v1/imports/{attack.world.asking.pk}/example/?name=/etc/passwd",
        "/api/v1/datasets/not-an-id/",
        "/api/v1/datasets/00000000-0000-0000-0000-000000000000/",
        "/api/v1/organizations/%00/",
        "/api/v1/organizations/..%2f..%2fadmin/",
        f"/{'a' * 20_000}",
        "/%ff%fe",
        "//elsewhere.example/%2e%2e",
        "/admin/..;/api/v1/me/",
        "/api/v1//me/",
        "/.env",
        "/.git/config",
    ]
    for path in paths:
        answer = attack.target.send("GET", path, headers=headers)
        refused = answer.status_code in (400, 401, 403, 404, 409, 414)
        # `//elsewhere/` is a path of ours that is not there, and a redirect to it would lead away.
        inside = not urlsplit(answer.headers.get("Location", "")).netloc
        led = answer.status_code in (301, 302)
        chapter.check((refused or led) and inside, path[:80], answer.headers)
        chapter.check("root:" not in answer.text and "SECRET_KEY=" not in answer.text, path[:80])


def _hosts(attack: Attack, chapter: Chapter) -> None:
    hosts = [
        ELSEWHERE,
        f"localhost@{ELSEWHERE}",
        f"localhost:8000@{ELSEWHERE}",
        f"{ELSEWHERE}#localhost",
        "localhost.elsewhere.example",
        "[::1",
        "localhost:99999999",
        "a b",
        "\x7f",
        "x" * 5000,
    ]
    for host in hosts:
        for path in ("/accounts/login/", "/api/v1/me/"):
            answer = attack.target.send("GET", path, headers={"Host": host})
            # A port may be anybody's tunnel; it must not come back.
            held = answer.status_code == 400 or (
                "999999" in host and "999999" not in answer.text + str(answer.headers)
            )
            chapter.check(held, f"Host {host[:40]!r}", answer.status_code)
    for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded"):
        value = f"host={ELSEWHERE}" if name == "Forwarded" else ELSEWHERE
        for path in ("/accounts/login/", "/datasets/", "/api/v1/docs/"):
            answer = attack.target.send("GET", path, headers={name: value})
            said = answer.text + str(answer.headers)
            chapter.check(ELSEWHERE not in said, f"{name} is not believed at {path}", said)
    for version in (b"1.0", b"1.1"):
        said = attack.target.raw(b"GET /accounts/login/ HTTP/" + version + b"\r\n\r\n", seconds=3)
        chapter.check(b" 400 " in said[:20] or b" 200 " in said[:20], "no Host at all", said[:80])


def _ways_out(attack: Attack, chapter: Chapter) -> None:
    """`next` and `Referer` lead to pages of ours alone."""
    world = attack.world
    session = signed_in(world.sessions["owner"])
    for way in WAYS_OUT:
        for path in ("/accounts/login/", "/accounts/reauthenticate/", "/accounts/signup/"):
            answer = attack.target.send("GET", path, headers=session, params={"next": way})
            there = answer.headers.get("Location", "")
            chapter.check(not _leads_out(there), f"next={way} of {path}", there)
    mine = attack.target.url
    for referrer in (
        f"{mine}//{ELSEWHERE}",
        f"{mine}/\\{ELSEWHERE}",
        f"http://{ELSEWHERE}/",
        "http://[",
    ):
        for path in ("/jobs/", f"/datasets/edits/{world.edit.pk}/undo/", "/sessions/notices/seen/"):
            answer = attack.target.send(
                "POST", path, headers=session | {"Referer": referrer}, data={}
            )
            there = answer.headers.get("Location", "")
            chapter.check(not _leads_out(there), f"Referer {referrer} of {path}", there)


def _leads_out(location: str) -> bool:
    netloc = urlsplit(location.replace("\\", "/").replace("\t", "")).netloc
    return bool(netloc) and not netloc.startswith(("localhost", "127.0.0.1", "[::1]"))


def _pretences(attack: Attack, chapter: Chapter) -> None:
    """Headers by which proxies and frameworks say who asks, or what is asked."""
    name = attack.world.people["superuser"].username
    for header in ("Remote-User", "X-Remote-User", "X-Forwarded-User", "X-User", "X-Auth-User"):
        answer = attack.target.send("GET", "/api/v1/me/", headers={header: name})
        chapter.check(answer.status_code == 401, f"{header} signs no one in", answer.text)
    for header in ("X-Original-URL", "X-Rewrite-URL"):
        answer = attack.target.send("GET", "/healthz/live", headers={header: "/api/v1/me/"})
        chapter.check("username" not in answer.text, f"{header} leads nowhere", answer.text)
    token = bearer(attack.world.tokens["viewer"])
    path = f"/api/v1/datasets/{attack.world.dataset.pk}/"
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = attack.target.send("POST", path, headers=token | {header: "DELETE"})
        chapter.check(
            answer.status_code in (403, 405), f"{header}: DELETE of a viewer", answer.text
        )
        answer = attack.target.send("GET", path, headers=token | {header: "DELETE"})
        chapter.check(answer.status_code in (200, 400, 403, 405), f"{header} of a GET", answer.text)
    attack.world.dataset.refresh_from_db()
    chapter.check(attack.world.dataset.deleted_at is None, "the dataset is still there")
    answers = [
        attack.target.send(
            "POST",
            "/api/v1/auth/tokens/",
            json={"name": "x"},
            auth=(f"nobody{number}", "guess"),
            headers={"X-Forwarded-For": f"192.0.2.{number}", "X-Real-IP": f"192.0.2.{number}"},
        ).status_code
        for number in range(12)
    ]
    chapter.check(429 in answers, "guesses under many made-up addresses are one budget", answers)


def _odd_headers(attack: Attack, chapter: Chapter) -> None:
    token = bearer(attack.world.tokens["owner"])
    image = f"/api/v1/images/{attack.world.image.pk}/file/"
    tries: list[dict[str, str]] = [
        {"Accept": "*/" + "*" * 9000},
        {"Accept": "text/html;q=9999999999"},
        {"Accept-Language": "x" * 9000},
        {"Accept-Encoding": "gzip;q=nan, br"},
        {"Authorization": "Bearer " + "a" * 9000},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer"},
        {"Cookie": "sessionid=" + "a" * 9000},
        {"Cookie": 'sessionid="\\000\\377"; csrftoken=\x01'},
        {"Range": "bytes=" + ",".join("0-1" for _ in range(1000))},
        {"Range": "bytes=-99999999999999999999"},
        {"If-None-Match": '"' * 9000},
        {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
        {"Idempotency-Key": "\x7f" * 9},
        {"Idempotency-Key": "k" * 5000},
        {"Last-Event-ID": "9" * 500},
        {"Expect": "200-maybe"},
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Content-Length": "-1"},
        {"Content-Type": "application/json; charset=utf-9999"},
    ]
    for headers in tries:
        for path in attack.some(["/api/v1/me/", image, "/datasets/"], of=2):
            answer = attack.target.send("GET", path, headers=token | headers)
            shown = next(iter(headers.items()))
            chapter.check(answer.status_code < 500, f"{shown[0]}: {shown[1][:40]!r} at {path}")
