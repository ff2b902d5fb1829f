"""Names that are code: on every page, in every file and every header they stay text."""

import csv
import io
import re
from itertools import count

from django.contrib import admin
from django.db import Error, models, transaction
from django.urls import reverse

from accounts.models import User
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer, session_of, signed_in
from tests.permissions import matrix

PAYLOADS = [
    '"><img src=x onerror=alert(1)>',
    "<script>alert(1)</script>",
    "</textarea></title></script><svg/onload=alert(1)>",
    "'-alert(1)-'",
    "javascript:alert(1)",
    "{{7*7}}{% debug %}",
]
# What none of these may become in a page.
ALIVE = re.compile(r"<img src=x onerror|<script>alert|<svg/onload|href=['\"]?javascript:alert")
# Fields in which people, files and archives bring their own words.
WORDS = ("name", "title", "description", "archive_name", "detail", "fact", "note", "reason")
FORMULA = '=HYPERLINK("http://elsewhere.example")'


def attack(attack: Attack, chapter: Chapter) -> None:
    """Rename what the world has, look at every page; then send such names by the API."""
    renamed = _rename(attack)
    chapter.check(len(renamed) > 15, "things have such names", renamed)
    _pages(attack, chapter)
    _admin(attack, chapter)
    _headers_of_answers(attack, chapter)
    _api(attack, chapter)


def _rename(attack: Attack) -> list[str]:
    """Give the world's objects these names, below everything that would refuse them."""
    numbers, done = count(), []
    things = [value for value in vars(attack.world).values() if isinstance(value, models.Model)]
    things += [person for person in attack.world.people.values() if person]
    for thing in things:
        for field in type(thing)._meta.concrete_fields:
            words = field.name in WORDS or field.name in ("first_name", "last_name")
            if not words or not isinstance(field, models.CharField | models.TextField):
                continue
            number = next(numbers)
            payload = f"{PAYLOADS[number % len(PAYLOADS)]}{number}"[-(field.max_length or 200) :]
            try:
                with transaction.atomic():
                    type(thing)._base_manager.filter(pk=thing.pk).update(**{field.name: payload})
            except Error:  # what is frozen stays as it is
                continue
            done.append(f"{type(thing).__name__}.{field.name}")
    return done


def _pages(attack: Attack, chapter: Chapter) -> None:
    world = attack.world
    session = signed_in(world.sessions["owner"])
    escaped = 0
    for module in matrix.rows_of_apps().values():
        for row in module.ROWS:
            if row.method != "GET" or row.is_api or row.statuses["owner"] != 200:
                continue
            answer = attack.target.send("GET", row.url(world), headers=session)
            alive = ALIVE.search(answer.text)
            chapter.check(not alive, f"names on {row}", alive)
            chapter.check("49{%" not in answer.text, f"names are no templates on {row}")
            escaped += "&lt;img src=x" in answer.text or "&lt;script&gt;alert" in answer.text
            _page_headers(chapter, str(row), answer)
    chapter.check(escaped > 10, "the names were really shown", escaped)
    chapter.figures.append(f"{escaped} pages show such a name, as text")


def _page_headers(chapter: Chapter, what: str, answer) -> None:
    policy = answer.headers.get("Content-Security-Policy", "")
    scripts = re.search(r"script-src ([^;]*)", policy)
    strict = scripts is not None and "inline" not in scripts[1] and "*" not in scripts[1]
    chapter.check(strict, f"{what}: no inline script would run", policy)
    framed = "frame-ancestors 'none'" in policy and answer.headers.get("X-Frame-Options") == "DENY"
    chapter.check(framed, f"{what} stands in no frame", answer.headers)
    kept = answer.headers.get("Cache-Control", "")
    chapter.check(
        answer.headers.get("X-Content-Type-Options") == "nosniff"
        and {"private", "no-store"} <= set(kept.split(", ")),
        f"{what} is neither sniffed nor kept",
        answer.headers,
    )


def _admin(attack: Attack, chapter: Chapter) -> None:
    """The site of operators shows everyone's names."""
    User.objects.filter(pk=attack.world.people["viewer"].pk).update(first_name=PAYLOADS[0])
    session = signed_in(session_of(attack.world.people["superuser"]))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        if row := model._default_manager.order_by("-pk").first():
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
        for address in addresses:
            answer = attack.target.send("GET", address, headers=session)
            alive = ALIVE.search(answer.text)
            chapter.check(answer.status_code < 500 and not alive, f"names on {address}", alive)


def _headers_of_answers(attack: Attack, chapter: Chapter) -> None:
    """Files are offered under names of ours or under harmless ones; tables hold no formula."""
    world = attack.world
    session = signed_in(world.sessions["owner"])
    cookies = attack.target.send("GET", "/accounts/login/").headers.get("Set-Cookie", "")
    chapter.check("SameSite=Lax" in cookies, "cookies stay on our own pages", cookies)
    models_of_people = [world.dataset, world.model, world.run]
    for thing in models_of_people:
        type(thing)._base_manager.filter(pk=thing.pk).update(name=f"{FORMULA}\\..\\;filename=x.exe")
    for path in (
        f"/api/v1/dataset-versions/{world.version.pk}/archive/",
        f"/api/v1/evaluations/{world.report.pk}/download/?format=csv",
        f"/api/v1/evaluations/{world.report.pk}/download/",
    ):
        with attack.target.send("GET", path, headers=session, stream=True) as answer:
            said = answer.headers.get("Content-Disposition", "")
            chapter.check(answer.status_code < 500, path, answer.status_code)
            chapter.check("x.exe" not in said.replace("%", ""), f"{path}: its file name", said)
            if answer.headers.get("Content-Type", "").startswith("text/csv"):
                cells = [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line]
                formulas = [cell for cell in cells if cell.startswith(("=", "+", "@"))]
                chapter.check(not formulas, f"{path} holds no formula", formulas)


def _api(attack: Attack, chapter: Chapter) -> None:
    """The API takes words that can be seen, as they are, and refuses what deceives."""
    headers = bearer(attack.world.tokens["attacker"])
    for path in ("datasets/", "organizations/", "auth/tokens/"):
        for name in PAYLOADS:
            answer = attack.target.send(
                "POST", f"/api/v1/{path}", headers=headers, json={"name": name}
            )
            kept = answer.status_code == 201 and answer.json()["name"] == name
            json = answer.headers["Content-Type"].startswith(
                ("application/json", "application/problem")
            )
            chapter.check(kept and json, f"{path} named {name!r}", answer.text)
        for name in (
            "a\u202eb",
            "a\u200bb",
            "a\0b",
            "a\r\nX-Injected: 1",
            "\u2066a",
            "",
            " ",
            "n" * 9000,
        ):
            answer = attack.target.send(
                "POST", f"/api/v1/{path}", headers=headers, json={"name": name}
            )
            chapter.check(answer.status_code == 400, f"{path} named {name[:20]!r}", answer.text)
