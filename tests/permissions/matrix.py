"""The permission matrix: every route × method × person, with the status each must get.

An app writes its rows in `rows_<app>.py` (see rows_accounts.py for examples):

    def build(world: World) -> None:      # the objects that its rows need
        world.dataset = factories.make_dataset(organization=world.organization)
        world.other_dataset = factories.make_dataset(organization=world.other_organization)

    ROWS = [
        api("GET", "datasets/<uuid:dataset_id>/", path=lambda w: {"dataset_id": w.dataset.pk}),
        api("PATCH", "datasets/<uuid:dataset_id>/", needs="editor", path=..., body=lambda w: {…}),
        api("GET", "datasets/", other=200),       # a collection: the other tenant sees an empty one
        page("GET", "datasets/<uuid:dataset_id>/", path=...),
    ]
    FOREIGN_KEYS = [          # a body that names the other tenant's object: 400, with the pointer
        ForeignKey("POST", "training-runs/", "/dataset_version",
                   body=lambda w: {"dataset_version": str(w.other_version.pk), "preset": "…"}),
    ]

`needs` is the least role that gets `ok`; below it 403, the other tenant 404, a stranger 401
(API) or a redirect to the sign-in page (pages). A write with a session needs CSRF's token, but for
`csrf=False`. What differs is said by the person's name:
`other=200`, `viewer=409`. A reader owns another organization, which the dataset and the models of
the rows are shared with, copies allowed: they get 403 where a path that is marked by `@shared`
names one of those, else what the other tenant gets; what sharing opens is said (`reader=200`).
Objects of the other tenant have names that begin with `other_`, those
that everyone may see with `shared_`. `build` runs once per module in a transaction without a
commit, so nothing that it enqueues is started.
A route without a row fails, and so does a method without a row that answers anything but 405.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, models, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import APIToken, Membership, TokenScope
from accounts.roles import Role
from accounts.services.organizations import insert_organization
from accounts.services.sharing import accept_share, offer_share
from accounts.services.sign_up import create_account
from jobs.models import WAITING, Job, Status
from tests import factories

API = "api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
APPS = ("accounts", "jobs", "webhooks", "datasets", "classifier")
PEOPLE = ("anonymous", "other", "reader", "viewer", "editor", "admin", "owner")
# Other people's code, and what is open by design; test_third_party.py looks at the first two.
THIRD_PARTY = ("admin/", "accounts/", "api/v1/schema/", "api/v1/docs/", "healthz/", "metrics")

type_of_values = Callable[["World"], dict[str, Any]]


class World(SimpleNamespace):
    """One organization with a member of each role, another tenant, and the apps' objects."""

    def secrets(self) -> Iterator[str]:
        """Yield the ids of what only the organization's members may learn of."""
        for name, value in vars(self).items():
            private = not name.startswith(("other_", "shared_"))
            if private and isinstance(value, models.Model):
                yield str(value.pk)


@dataclass(frozen=True)
class Row:
    """What one call answers to each person."""

    method: str
    route: str
    statuses: dict[str, int]
    path: type_of_values = field(default=lambda world: {})
    body: type_of_values | None = None
    content: str = "json"
    query: str = ""
    headers: dict[str, str | Callable[["World"], str]] = field(default_factory=dict)
    csrf: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_api(self) -> bool:
        """Whether the call is one of the REST API."""
        return self.route.startswith(API)

    @property
    def schema_path(self) -> str:
        """The route as the OpenAPI schema writes it: {job_id} for <uuid:job_id>, {id} for a pk."""
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.route).replace("{pk}", "{id}")

    def url(self, world: World) -> str:
        """Return the address, with the values of `path` in place of the route's converters."""
        values = self.path(world)
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: quote(str(values[match[1]])), self.route)
        return f"/{filled}{self.query}"


@dataclass(frozen=True)
class ForeignKey:
    """A body that names an object of the other tenant, sent by the owner."""

    method: str
    route: str
    pointer: str
    body: type_of_values
    path: type_of_values = field(default=lambda world: {})
    content: str = "json"

    def row(self) -> Row:
        """Return the call as a row."""
        route = API + self.route
        return Row(self.method, route, {"owner": 400}, self.path, self.body, self.content)


def api(method: str, route: str, *, needs: str = "viewer", ok: int = 200, **options: Any) -> Row:
    """Return the row of a call of the API; `route` is relative to /api/v1/."""
    statuses = {"anonymous": 401, "other": 404, **_by_role(needs, ok)}
    return _row(method, API + route, statuses, options)


def page(method: str, route: str, *, needs: str = "viewer", ok: int = 200, **options: Any) -> Row:
    """Return the row of a page; `ok` is 302 for a form that leads elsewhere."""
    statuses = {"anonymous": 302, "other": 404, **_by_role(needs, ok)}
    return _row(method, route, statuses, {"content": "form", **options})


def _by_role(needs: str, ok: int) -> dict[str, int]:
    enough = Role(needs).at_least()
    return {role.value: ok if role in enough else 403 for role in Role}


def shared(path: type_of_values) -> type_of_values:
    """Mark a path that names what is shared with the reader."""
    path.names_what_is_shared = True  # type: ignore[attr-defined]
    return path


def _row(method: str, route: str, statuses: dict[str, int], options: dict[str, Any]) -> Row:
    is_shared = hasattr(options.get("path"), "names_what_is_shared")
    statuses["reader"] = 403 if is_shared else options.get("other", statuses["other"])
    statuses |= {person: options.pop(person) for person in PEOPLE if person in options}
    return Row(method, route, statuses, **options)


def routes() -> dict[str, Any]:
    """Return every route of config.urls that is ours, with its view."""
    found = dict(_walk(get_resolver().url_patterns, ""))
    return {route: view for route, view in found.items() if not route.startswith(THIRD_PARTY)}


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


_numbers = itertools.count(1)


def new_world() -> World:
    """Make the two tenants and their people, without passwords: hashing five would take seconds."""
    number = next(_numbers)
    world = World(people={"anonymous": None}, tokens={}, sessions={})
    for name in PEOPLE[1:]:
        person = create_account(username=f"{name}-{number}", email="", password=None)
        world.people[name] = person
    world.organization = insert_organization(name=f"Tenant {number}")
    world.shared = set()
    for role in Role:
        setattr(
            world,
            f"{role.value}_membership",
            Membership.objects.create(
                organization=world.organization, user=world.people[role.value], role=role
            ),
        )
    world.other_organization = world.people["other"].personal_organization
    world.other_receiver = world.people["reader"].personal_organization
    for name in PEOPLE[1:]:
        world.tokens[name] = make_token(world, name, TokenScope.values)
    return world


def share(world: World, *subjects: Any) -> None:
    """Share these datasets and models with the reader's organization, copies allowed."""
    for each in subjects:
        offer = offer_share(
            user=world.people["owner"],
            subject=each.subject,
            receiver=world.other_receiver.slug,
            may_copy=True,
        )
        accept_share(user=world.people["reader"], share=offer)
        world.shared.add(str(each.pk))


def rows_of_apps() -> dict[str, Any]:
    """Return the module of rows of each app, by the app's name."""
    return {app: import_module(f"tests.permissions.rows_{app}") for app in APPS}


@transaction.atomic
def committed_world() -> World:
    """Make a world for requests from outside of this process, whose jobs no worker takes."""
    world = new_world()
    for module in rows_of_apps().values():
        module.build(world)
    Job.objects.filter(status__in=WAITING).update(status=Status.CANCELLED)
    return world


def make_token(world: World, person: str, scopes: list[str]) -> str:
    """Return a new token of this person with these scopes."""
    return APIToken.objects.create(world.people[person], name="matrix", scopes=scopes)[1]


def send(
    world: World, row: Row, person: str, *, token: str | None = None, csrf: bool = False
) -> HttpResponseBase:
    """Send the call as this person, and undo what it did.

    The API gets a bearer token (`token`, or the person's own with every scope), pages a session.
    `csrf`: a session for both, and Django's CSRF check switched on, without a CSRF token.
    """
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    headers = {
        name: value(world) if callable(value) else value for name, value in row.headers.items()
    }
    if world.people[person] is not None:
        if row.is_api and not csrf:
            headers["Authorization"] = f"Bearer {token or world.tokens[person]}"
        else:
            if person not in world.sessions:
                factories.sign_in(client, world.people[person])
                world.sessions[person] = client.cookies
            client.cookies = deepcopy(world.sessions[person])
    arguments: dict[str, Any] = {"headers": headers}
    if row.body is not None:
        arguments["data"] = row.body(world)
    if row.content == "json" and row.method != "GET":
        arguments["content_type"] = "application/json"
    elif row.content == "part":
        arguments["content_type"] = "application/offset+octet-stream"
    with transaction.atomic():
        response = getattr(client, row.method.lower())(row.url(world), **arguments)
        transaction.set_rollback(True)
    if response.streaming:
        # The end of a request closes the database connection; the test still needs it.
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
    return response


def said(response: HttpResponseBase) -> str:
    """Return what an answer says, for messages; live streams say nothing here."""
    if response.streaming:
        return ""
    return response.content.decode(errors="replace")


def login_url() -> str:
    """Return where pages send people who are not signed in."""
    return settings.LOGIN_URL
