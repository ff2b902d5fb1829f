"""Every route as every kind of person, over HTTP: what must be refused is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.core.serializers.json import DjangoJSONEncoder
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from accounts.authentication import accepted_scopes
from accounts.models import TokenScope
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import DEAD, STRANGERS, bearer, signed_in
from tests.permissions import matrix
from tests.permissions.matrix import PEOPLE, Row, World

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
REFUSALS = (401, 403, 404)
ABROAD = {"Origin": "https://elsewhere.example", "Referer": "https://elsewhere.example/x"}
SIGN_IN = 302


@dataclass(frozen=True)
class Call:
    """One request, and the answer that it must get."""

    who: str
    row: Row
    url: str
    headers: dict[str, str]
    body: bytes | None
    expected: int
    asked: str = field(repr=False, default="")


def attack(attack: Attack, chapter: Chapter) -> None:
    """Send what each person must not do, and what each may read; nothing that changes anything."""
    world = attack.world
    rows = [row for module in matrix.rows_of_apps().values() for row in module.ROWS]
    calls = [call for row in rows for call in _calls(world, row)]
    secrets = set(world.secrets())
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda call: _try(attack, chapter, call, secrets), attack.some(calls, of=41)))
    for module in matrix.rows_of_apps().values():
        for key in module.FOREIGN_KEYS:
            row = key.row()
            call = _call(world, row, "owner", bearer(world.tokens["owner"]), 400)
            answer = attack.target.send(row.method, call.url, headers=call.headers, data=call.body)
            held = answer.status_code == 400 and key.pointer in answer.text
            chapter.check(held, f"{row} with another tenant's {key.pointer}", answer.text)


def _try(attack: Attack, chapter: Chapter, call: Call, secrets: set[str]) -> None:
    what = f"{call.row} as {call.who}"
    answer = attack.target.send(
        call.row.method, call.url, headers=call.headers, data=call.body, stream=True
    )
    with answer:
        live = answer.headers.get("Content-Type", "").startswith("text/event-stream")
        text = "" if live else answer.text
    chapter.check(
        answer.status_code == call.expected,
        what,
        f"{answer.status_code} and not {call.expected}: {text}",
    )
    if call.expected == SIGN_IN and call.row.statuses["owner"] != SIGN_IN:
        there = answer.headers.get("Location", "")
        chapter.check(there.startswith(reverse(matrix.login_url())), what, there)
    if call.who in ("anonymous", "other", *STRANGERS, *DEAD):
        leaked = [secret for secret in secrets if secret in text and secret not in call.asked]
        chapter.check(not leaked, f"{what} learns nothing", leaked)


def _calls(world: World, row: Row) -> list[Call]:
    calls = [
        _call(world, row, person, _headers(world, row, person), row.statuses[person])
        for person in PEOPLE
    ]
    calls += [
        _call(world, row, person, _headers(world, row, person), row.statuses["other"])
        for person in STRANGERS
    ]
    calls = [call for call in calls if row.method == "GET" or _is_refusal(row, call)]
    if row.statuses["anonymous"] not in (401, SIGN_IN):
        return calls
    if row.is_api:
        calls += [_call(world, row, dead, bearer(world.tokens[dead]), 401) for dead in DEAD]
        calls += _with_too_little(world, row)
    else:
        ended = signed_in(world.sessions["ended"])
        calls.append(_call(world, row, "a session that has ended", ended, SIGN_IN))
        inactive = signed_in(world.sessions["inactive"])
        calls.append(_call(world, row, "inactive", inactive, SIGN_IN))
    if row.method in UNSAFE:
        session = world.sessions["owner"]
        without = signed_in(session, csrf=False)
        abroad = signed_in(session) | ABROAD
        calls.append(_call(world, row, "owner without CSRF token", without, 403))
        calls.append(_call(world, row, "owner sent from elsewhere", abroad, 403))
    return calls


def _is_refusal(row: Row, call: Call) -> bool:
    to_sign_in = call.who == "anonymous" and call.expected == SIGN_IN
    return call.expected in REFUSALS or to_sign_in


def _with_too_little(world: World, row: Row) -> list[Call]:
    """The owner's token with every scope but the right one, where the owner may do it."""
    if row.statuses["owner"] >= 400:
        return []
    marked = getattr(matrix.routes()[row.route].cls, "token_scope", None)
    wrong = frozenset(TokenScope.values) - accepted_scopes(row.method, marked)
    known = vars(world).setdefault("tokens_by_scopes", {})
    if wrong not in known:
        known[wrong] = matrix.make_token(world, "owner", sorted(wrong))
    return [_call(world, row, "owner with too few scopes", bearer(known[wrong]), 403)]


def _headers(world: World, row: Row, person: str) -> dict[str, str]:
    if world.people[person] is None:
        # A page's form is posted by a browser that has been here.
        return signed_in("") if not row.is_api else {}
    return bearer(world.tokens[person]) if row.is_api else signed_in(world.sessions[person])


def _call(world: World, row: Row, who: str, headers: dict[str, str], expected: int) -> Call:
    url = row.url(world)
    content = row.body(world) if row.body else None
    body, kind = encoded(row, content)
    return Call(
        who, row, url, {**headers, **row.headers, **kind}, body, expected, url + str(content)
    )


def encoded(row: Row, content: object) -> tuple[bytes | None, dict[str, str]]:
    """Return a row's body as it is sent, and the header that says what it is."""
    if row.method == "GET":
        return None, {}
    if row.content == "part":
        return bytes(content or b""), {"Content-Type": "application/offset+octet-stream"}
    if row.content == "form":
        form = encode_multipart(BOUNDARY, content or {})
        return form, {"Content-Type": MULTIPART_CONTENT}
    if content is None:
        return None, {}
    text = json.dumps(content, cls=DjangoJSONEncoder)
    return text.encode(), {"Content-Type": "application/json"}
