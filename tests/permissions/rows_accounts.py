"""Who may do what with accounts: tokens, organizations, members, invitations."""

import uuid

from allauth.usersessions.models import UserSession

from accounts.models import APIToken, ShareKind
from accounts.roles import Role
from accounts.services.invitations import invite
from accounts.services.sharing import offer_share
from accounts.sharing import Subject
from tests.permissions.matrix import PEOPLE, ForeignKey, Row, World, api, page


def build(world: World) -> None:
    """Add a token of the viewer's and one of the owner's, and an open invitation."""
    world.owner_token = APIToken.objects.create(
        world.people["owner"], name="owner's", scopes=["read"]
    )[0]
    session = UserSession.objects.create(
        user=world.people["owner"], ip="192.0.2.1", session_key="matrix", user_agent="Firefox/1"
    )
    # A number, so no secret that an answer could be searched for.
    world.owner_session_id = session.pk
    world.invitation, world.secret = invite(
        user=world.people["owner"], organization=world.organization, role=Role.EDITOR
    )
    subject = Subject(ShareKind.MODEL, uuid.uuid4(), "Birds", world.organization)
    world.offer = offer_share(
        user=world.people["owner"], subject=subject, receiver=world.other_receiver.slug
    )
    world.shared.add(str(world.offer.pk))


def _share(world: World) -> dict[str, object]:
    return {"share_id": world.offer.pk}


def _slug(world: World) -> dict[str, object]:
    return {"slug": world.organization.slug}


def _viewer(world: World) -> dict[str, object]:
    return {**_slug(world), "username": world.people["viewer"].username}


def _owner(world: World) -> dict[str, object]:
    return {**_slug(world), "username": world.people["owner"].username}


def _viewer_page(world: World) -> dict[str, object]:
    return {**_slug(world), "membership_id": world.viewer_membership.pk}


def _owner_page(world: World) -> dict[str, object]:
    return {**_slug(world), "membership_id": world.owner_membership.pk}


def _invitation(world: World) -> dict[str, object]:
    return {**_slug(world), "invitation_id": world.invitation.pk}


def _token(world: World) -> dict[str, object]:
    return {"token_id": world.owner_token.pk}


def _session(world: World) -> dict[str, object]:
    return {"session_id": world.owner_session_id}


ORGANIZATION = "organizations/<slug:slug>/"
MEMBER = f"{ORGANIZATION}members/<str:username>/"
SHARE = "shares/<uuid:share_id>/"
INVITATION = f"{ORGANIZATION}invitations/<uuid:invitation_id>/"
# A token is its owner's alone: to everybody else, the same organization or not, it is not there.
OWN_TOKEN = {"viewer": 404, "editor": 404, "admin": 404}

API_ROWS = [
    api("GET", "auth/tokens/", other=200),
    api("POST", "auth/tokens/", other=201, ok=201, body=lambda w: {"name": "script"}),
    api("DELETE", "auth/tokens/<uuid:token_id>/", ok=204, path=_token, **OWN_TOKEN),
    # A program asks before it has a token.
    api("POST", "auth/device/", anonymous=200, other=200, body=lambda w: {"name": "laptop"}),
    api(
        "POST",
        "auth/device/token/",
        **dict.fromkeys(PEOPLE, 400),
        body=lambda w: {"device_code": "unknown"},
    ),
    api("GET", "me/", other=200),
    api("GET", "organizations/", other=200),
    api("POST", "organizations/", other=201, ok=201, body=lambda w: {"name": "New"}),
    api("GET", ORGANIZATION, path=_slug),
    api("PATCH", ORGANIZATION, needs="admin", path=_slug, body=lambda w: {"name": "Renamed"}),
    api("GET", f"{ORGANIZATION}usage/", needs="admin", path=_slug),
    api("GET", f"{ORGANIZATION}members/", path=_slug),
    api("PATCH", MEMBER, needs="admin", path=_viewer, body=lambda w: {"role": "editor"}),
    # Only owners make owners.
    api("PATCH", MEMBER, needs="owner", path=_viewer, body=lambda w: {"role": "owner"}),
    # Only owners change an owner; the last one stays.
    api("PATCH", MEMBER, needs="owner", ok=409, path=_owner, body=lambda w: {"role": "admin"}),
    # The viewer may leave.
    api("DELETE", MEMBER, needs="admin", ok=204, viewer=204, path=_viewer),
    api("DELETE", MEMBER, needs="owner", ok=409, path=_owner),
    api("GET", f"{ORGANIZATION}invitations/", needs="admin", path=_slug),
    api(
        "POST",
        f"{ORGANIZATION}invitations/",
        needs="admin",
        ok=201,
        path=_slug,
        body=lambda w: {"role": "admin"},
    ),
    api(
        "POST",
        f"{ORGANIZATION}invitations/",
        needs="owner",
        ok=201,
        path=_slug,
        body=lambda w: {"role": "owner"},
    ),
    api("DELETE", INVITATION, needs="admin", ok=204, path=_invitation),
    api("GET", f"{ORGANIZATION}shares/", needs="admin", path=_slug),
    # Who gets a share may give it back, and alone may accept it.
    api("DELETE", SHARE, needs="admin", ok=204, reader=204, path=_share),
    api("POST", f"{SHARE}accept/", needs="admin", ok=403, reader=200, path=_share),
]

ORGANIZATION = "organizations/<slug:slug>/"
PAGE_ROWS = [
    page("GET", "organizations/", ok=302, other=302),
    page("GET", "tokens/", other=200),
    page(
        "POST",
        "tokens/",
        ok=302,
        other=302,
        body=lambda w: {"name": "script", "scopes": ["read"], "expires_in_days": 30},
    ),
    page("POST", "tokens/<uuid:token_id>/revoke/", ok=302, path=_token, **OWN_TOKEN),
    page("GET", "device/", other=200),
    page("POST", "device/", other=422, ok=422, body=lambda w: {"code": "BCDF-GHJK"}),
    page("POST", "device/decide/", other=422, ok=422, body=lambda w: {"code": "BCDF-GHJK"}),
    page("GET", "sessions/", other=200),
    page("POST", "sessions/<int:session_id>/end/", ok=302, path=_session, **OWN_TOKEN),
    page("POST", "sessions/end-all/", ok=302, other=302),
    page("POST", "sessions/notices/seen/", ok=302, other=302),
    page("GET", "new-organization/", other=200),
    page("POST", "new-organization/", ok=302, other=302, body=lambda w: {"name": "New"}),
    page("GET", ORGANIZATION, path=_slug),
    page(
        "POST", ORGANIZATION, needs="admin", ok=302, path=_slug, body=lambda w: {"name": "Renamed"}
    ),
    page(
        "POST",
        f"{ORGANIZATION}members/<uuid:membership_id>/role/",
        needs="admin",
        ok=302,
        path=_viewer_page,
        body=lambda w: {"role": "editor"},
    ),
    page(
        "POST",
        f"{ORGANIZATION}members/<uuid:membership_id>/role/",
        needs="owner",
        ok=409,
        path=_owner_page,
        body=lambda w: {"role": "viewer"},
    ),
    page(
        "POST",
        f"{ORGANIZATION}members/<uuid:membership_id>/remove/",
        needs="admin",
        ok=302,
        viewer=302,
        path=_viewer_page,
    ),
    page(
        "POST",
        f"{ORGANIZATION}invitations/",
        needs="admin",
        ok=302,
        path=_slug,
        body=lambda w: {"role": "editor"},
    ),
    page(
        "POST",
        f"{ORGANIZATION}invitations/<uuid:invitation_id>/withdraw/",
        needs="admin",
        ok=302,
        path=_invitation,
    ),
    page("POST", f"{SHARE}end/", needs="admin", ok=302, reader=302, path=_share),
    page("POST", f"{SHARE}accept/", needs="admin", ok=403, reader=302, path=_share),
    # A person with the link may read who invites to what, and join.
    page(
        "GET",
        "invitations/<str:secret>/",
        anonymous=200,
        other=200,
        path=lambda w: {"secret": w.secret},
    ),
    page(
        "POST",
        "invitations/<str:secret>/",
        other=302,
        ok=409,
        path=lambda w: {"secret": w.secret},
    ),
]

ROWS: list[Row] = API_ROWS + PAGE_ROWS

FOREIGN_KEYS: list[ForeignKey] = []
