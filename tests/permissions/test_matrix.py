from dataclasses import replace
from itertools import pairwise

import pytest
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.mixins import ListModelMixin
from rest_framework.serializers import BaseSerializer

from accounts.authentication import accepted_scopes
from accounts.models import TokenScope
from accounts.roles import Role
from common.inputs import InputSerializer
from tests import answers
from tests.permissions import matrix
from tests.permissions.matrix import APPS, METHODS, PEOPLE, Row, World

pytestmark = pytest.mark.long

MODULES = matrix.rows_of_apps()
ROWS: list[Row] = [row for module in MODULES.values() for row in module.ROWS]
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def world(db) -> World:
    world = matrix.new_world()
    for module in MODULES.values():
        module.build(world)
    return world


def test_every_route_has_a_row():
    routes, rows = set(matrix.routes()), {row.route for row in ROWS}
    assert sorted(routes - rows) == [], "routes without a row: add them to rows_<app>.py"
    assert sorted(rows - routes) == [], "rows of routes that are no more"


def around_the_edge(row: Row) -> list[str]:
    """Those who are no members, and the members next to where the answer changes with the role."""
    roles = [role.value for role in Role]
    edges = {role for pair in pairwise(roles) if _differ(row, pair) for role in pair}
    asked = edges or {roles[0]}
    return [person for person in PEOPLE if person not in roles or person in asked]


def _differ(row: Row, people: tuple[str, ...]) -> bool:
    return len({row.statuses[person] for person in people}) > 1


EVERY = pytest.param(True, marks=pytest.mark.slow, id="every")
SOME = pytest.param(False, id="some")


@pytest.mark.parametrize("every", [SOME, EVERY])
@pytest.mark.parametrize("app", APPS)
def test_statuses(app, every, world, subtests):
    for row in MODULES[app].ROWS:
        for person in PEOPLE if every else around_the_edge(row):
            with subtests.test(f"{row} as {person}"):
                response = matrix.send(world, row, person)
                answer = matrix.said(response)
                assert response.status_code == row.statuses[person], answer[:600]
                if row.is_api:
                    assert answers.untruths(row.method, row.schema_path, response) == [], answer[
                        :600
                    ]
                if person == "anonymous" and response.status_code == 302:
                    assert response.url.startswith(reverse(matrix.login_url()))
                if person in ("anonymous", "other", "reader"):
                    asked = row.url(world) + str(row.body(world) if row.body else "")
                    told = world.shared if person == "reader" else ()
                    leaked = [
                        secret
                        for secret in world.secrets()
                        if secret in answer and secret not in asked and secret not in told
                    ]
                    assert leaked == []
                if person == "reader" and row.statuses[person] == 403 and row.is_api:
                    assert "shares it with you to read" in answer


@pytest.mark.parametrize("every", [SOME, EVERY])
def test_methods_without_a_row_are_not_allowed(every, world, subtests):
    """Of some, one of each route, in turn: a view refuses all of them in one place."""
    first_rows = {row.route: row for row in reversed(ROWS)}
    tested = {(row.route, row.method) for row in ROWS}
    for number, (route, row) in enumerate(first_rows.items()):
        untested = [method for method in METHODS if (route, method) not in tested]
        turn = number % max(1, len(untested))
        for method in untested if every else untested[turn : turn + 1]:
            with subtests.test(f"{method} {route}"):
                call = Row(method, route, {}, row.path, None, row.content)
                assert matrix.send(world, call, "owner").status_code == 405


def test_tokens_need_the_scope_of_what_they_do(world, subtests):
    """Each call that the owner may make is refused to a token with all scopes but the right one."""
    views = matrix.routes()
    for row in ROWS:
        if not row.is_api or row.statuses["owner"] >= 400 or row.statuses["anonymous"] < 400:
            continue
        marked = getattr(views[row.route].cls, "token_scope", None)
        wrong = sorted(set(TokenScope.values) - accepted_scopes(row.method, marked))
        with subtests.test(str(row)):
            token = matrix.make_token(world, "owner", wrong)
            response = matrix.send(world, row, "owner", token=token)
            assert response.status_code == 403
            assert response.json()["code"] == "insufficient_scope"


def test_writes_with_a_session_need_csrf(world, subtests):
    for row in ROWS:
        if row.method in UNSAFE:
            with subtests.test(str(row)):
                answer = matrix.send(world, row, "owner", csrf=True)
                assert (answer.status_code == 403) == row.csrf


def test_foreign_keys_in_bodies_are_scoped(world, subtests):
    for module in MODULES.values():
        for foreign_key in module.FOREIGN_KEYS:
            with subtests.test(f"{foreign_key.row()} {foreign_key.pointer}"):
                response = matrix.send(world, foreign_key.row(), "owner")
                assert response.status_code == 400, matrix.said(response)
                pointers = [error["pointer"] for error in response.json()["errors"]]
                assert foreign_key.pointer in pointers


def test_every_foreign_key_in_a_body_is_in_the_matrix():
    """The schema says which properties of request bodies name another object."""
    listed = {
        (key.method, key.row().schema_path, key.pointer.split("/")[1])
        for module in MODULES.values()
        for key in module.FOREIGN_KEYS
    }
    named = {(method, route, name) for method, route, name in _body_references()}
    assert sorted(named - listed) == [], "add them to FOREIGN_KEYS of rows_<app>.py"


def _body_references():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    components = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                body = content["schema"]
                body = components[body["$ref"].rsplit("/", 1)[1]] if "$ref" in body else body
                for name, value in body.get("properties", {}).items():
                    if value.get("readOnly"):
                        continue
                    if value.get("format") == "uuid" or name == "organization":
                        yield method.upper(), path, name


def test_every_call_refuses_unknown_parameters(world, subtests):
    for row in ROWS:
        if not row.is_api:
            continue
        with subtests.test(str(row)):
            query = "?owner__password__startswith=a"
            call = replace(row, query=query)
            response = matrix.send(world, call, "owner")
            assert response.status_code == 400, matrix.said(response)
            problem = response.json()
            assert problem["code"] == "unknown_parameter"
            assert problem["errors"][0]["pointer"] == "/owner__password__startswith"
            view = matrix.routes()[row.route].cls
            if row.method == "GET" and issubclass(view, ListModelMixin):
                assert "page_size" in problem["detail"]


def test_every_call_refuses_unknown_fields(world, subtests):
    """Also calls that take no body, objects inside of bodies, and the fields of forms."""
    checked = 0
    for row in ROWS:
        if not row.is_api or row.method not in UNSAFE or row.content == "part":
            continue
        body = row.body(world) if row.body else {}
        for pointer, surplus in _with_surplus(body):
            with subtests.test(f"{row} {pointer}"):
                response = matrix.send(world, replace(row, body=lambda w, b=surplus: b), "owner")
                # A part of an upload is no JSON: what else is sent there is refused as a whole.
                is_upload = "uploads/<" in row.route
                assert response.status_code == (415 if is_upload else 400), matrix.said(response)
                if not is_upload:
                    errors = response.json()["errors"]
                    assert (pointer, "unknown_field") in [(e["pointer"], e["code"]) for e in errors]
                checked += 1
    assert checked > 40


def _with_surplus(body, pointer=""):
    """Yield the body with one field too many, at each of its objects, and where that is."""
    if isinstance(body, dict):
        yield f"{pointer}/surplus", {**body, "surplus": "1"}
        for name, value in body.items():
            for below, changed in _with_surplus(value, f"{pointer}/{name}"):
                yield below, {**body, name: changed}
    elif isinstance(body, list):
        for index, value in enumerate(body):
            for below, changed in _with_surplus(value, f"{pointer}/{index}"):
                yield below, [*body[:index], changed, *body[index + 1 :]]


def test_every_object_of_a_body_in_the_schema_refuses_unknown_fields():
    generator = SchemaGenerator()
    schema = generator.get_schema(request=None, public=True)
    serializers = {
        component.name: component.object
        for component in generator.registry._components.values()
        if component.name.endswith("Request")
        and isinstance(component.object, BaseSerializer)
        # One of several bodies, each of which is here by itself.
        and not isinstance(component.object, PolymorphicProxySerializer)
    }
    assert len(serializers) > 20
    assert [name for name, s in serializers.items() if not isinstance(s, InputSerializer)] == []
    for name in serializers:
        assert schema["components"]["schemas"][name]["additionalProperties"] is False
