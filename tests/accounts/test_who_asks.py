"""Who may do what, by which token or session, and what people are told of it."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.test import RequestFactory
from django.utils import timezone

from accounts import guessing, hourly
from accounts.authentication import accepted_scopes
from accounts.models import APIToken, AuditEntry, Invitation, Membership, User
from accounts.policies import require_role
from accounts.quotas import Quota
from accounts.roles import Role
from accounts.selectors.members import has_another_owner, member_by_id
from accounts.selectors.organizations import (
    default_organization,
    organization_by_slug,
    role_in,
    visible_organization,
)
from accounts.selectors.senders import person_of_session, person_of_token
from accounts.selectors.usage import UsageRow
from accounts.sender import _lookup
from accounts.services.invitations import invite
from accounts.services.tokens import create_token
from common.errors import Forbidden, Invalid, NotFound
from tests import factories


def bearer(value: str) -> dict:
    return {"headers": [(b"authorization", value.encode("latin-1"))]}


def cookie(value: str) -> dict:
    return {"headers": [(b"cookie", value.encode("latin-1"))]}


def test_a_sender_is_named_by_a_token_or_else_by_a_session():
    assert _lookup(bearer("Bearer abc ")) == (person_of_token, "abc")
    assert _lookup(bearer("bearer abc")) == (person_of_token, "abc")
    for value in ("Basic abc", "Bearer \xe9", "abc", ""):
        assert _lookup(bearer(value)) is None
    assert _lookup(cookie("a=b; sessionid=xyz")) == (person_of_session, "xyz")
    for value in ("", "session=xyz", "csrftoken=sessionid", "x sessionid"):
        assert _lookup(cookie(value)) is None
    both = {"headers": bearer("Bearer abc")["headers"] + cookie("sessionid=x")["headers"]}
    assert _lookup(both) == (person_of_token, "abc")


def test_only_a_good_token_of_an_active_person_names_its_owner(client, user):
    token, secret = create_token(user=user, name="One", scopes=["read"])
    assert person_of_token(secret) == str(user.pk)
    assert person_of_token(secret[:-1]) is None
    client.force_login(user)
    assert person_of_session(client.session.session_key) == str(user.pk)
    assert person_of_session("nothing") is None
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert person_of_token(secret) is None
    assert person_of_session(client.session.session_key) is None
    User.objects.filter(pk=user.pk).update(is_active=True)
    APIToken.objects.filter(pk=token.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    assert person_of_token(secret) is None


@pytest.mark.parametrize(
    ("method", "marked", "accepted"),
    [
        ("GET", None, {"read"}), ("HEAD", "admin", {"read"}), ("POST", None, {"write"}),
        ("DELETE", "admin", {"admin"}), ("POST", "predict", {"write", "predict"}),
        ("GET", "predict", {"read", "predict"}),
    ],
)  # fmt: skip
def test_which_scopes_a_call_takes(method, marked, accepted):
    assert accepted_scopes(method, marked) == accepted


def test_what_is_built_in_belongs_to_nobody_who_could_change_it(user):
    with pytest.raises(Forbidden, match="built in"):
        require_role(user=user, organization=None, role=Role.VIEWER)


def test_roles_are_asked_in_the_right_organization(user, team, viewer):
    for role in Role:
        require_role(user=user, organization=team, role=role)
    require_role(user=viewer, organization=team, role=Role.VIEWER)
    with pytest.raises(
        Forbidden, match="needs the role editor or higher in Field station; yours is"
    ):
        require_role(user=viewer, organization=team, role=Role.EDITOR)
    with pytest.raises(NotFound):
        require_role(user=factories.make_user(), organization=team, role=Role.VIEWER)
    assert role_in(viewer, team) is Role.VIEWER
    with pytest.raises(NotFound):
        role_in(factories.make_user(), team)


def test_organizations_are_found_by_name_among_ones_own(user, team, viewer):
    assert visible_organization(viewer, team.slug) == team
    assert organization_by_slug(viewer, team.slug) == team
    with pytest.raises(Forbidden):
        organization_by_slug(viewer, team.slug, Role.EDITOR)
    stranger = factories.make_user()
    with pytest.raises(NotFound):
        visible_organization(stranger, team.slug)
    with pytest.raises(Invalid) as caught:
        organization_by_slug(stranger, team.slug)
    own = stranger.personal_organization
    assert caught.value.detail == (
        f"You are in no organization '{team.slug}'. Yours are: {own.slug}."
    )
    assert default_organization(stranger) == own
    own.delete()
    with pytest.raises(Invalid) as caught:
        default_organization(stranger)
    assert caught.value.detail == (
        "You have no personal organization, so name one. Yours are: none."
    )
    assert caught.value.errors[0].pointer == "/organization"


def test_members_are_found_in_their_organization(user, team, viewer):
    membership = Membership.objects.get(user=viewer, organization=team)
    assert member_by_id(team, membership.pk) == membership
    for organization, pk in ((team, uuid.uuid4()), (user.personal_organization, membership.pk)):
        with pytest.raises(NotFound, match="has no such member"):
            member_by_id(organization, pk)
    assert not has_another_owner(team, user)
    assert has_another_owner(team, viewer)
    factories.make_member(team, Role.OWNER)
    assert has_another_owner(team, user)


def test_whoever_is_taken_out_or_leaves_is_told_apart(client, user, team, viewer):
    factories.sign_in(client, user)
    for person, told in (
        (viewer, f"{viewer.username} is no longer a member."),
        (user, "You have left"),
    ):
        factories.make_member(team, Role.OWNER)
        pk = Membership.objects.get(user=person, organization=team).pk
        answer = client.post(f"/organizations/{team.slug}/members/{pk}/remove/")
        assert told in [str(message) for message in get_messages(answer.wsgi_request)][-1]
        assert answer.url == (
            "/organizations/" if person == user else f"/organizations/{team.slug}/"
        )


def test_a_link_that_is_withdrawn_or_unknown_opens_a_page_that_says_so(
    page_client, client, user, team
):
    invitation, secret = invite(user=user, organization=team, role=Role.EDITOR)
    client.logout()
    guest = factories.make_user()
    client.force_login(guest)
    assert client.get(f"/invitations/{secret}/").status_code == 200
    factories.sign_in(client, user)
    withdraw = f"/organizations/{team.slug}/invitations/{invitation.pk}/withdraw/"
    assert client.post(withdraw).status_code == 302
    assert not Invitation.objects.exists()
    assert client.post(withdraw).status_code == 404
    for link in (secret, "unknown"):
        page = client.get(f"/invitations/{link}/")
        assert page.status_code == 404
        assert "Ask for a new link" in page.content.decode()
    entry = AuditEntry.objects.get(action="invitation.withdraw")
    assert (entry.detail, entry.organization) == ({"role": "editor"}, team)


def test_an_hour_of_counts_says_how_long_to_wait():
    key = f"tests:{uuid.uuid4()}"
    first = hourly.take(key, 2, 3)
    assert (first.passed, first.used, first.wait_seconds) == (True, 2, 3600)
    hourly._client().pexpire(key, 61_500)
    refused = hourly.take(key, 2, 3)
    assert (refused.passed, refused.used, refused.wait_seconds) == (False, 2, 62)
    hourly.give_back(key, 1)
    assert hourly.used(key) == 1
    assert hourly.take(key, 2, 3).passed
    hourly.give_back(key, 9)
    assert hourly.used(key) == 0, "never below nothing"
    hourly._client().delete(key)
    hourly.give_back(key, 1)
    assert hourly._client().get(key) is None, "a count that is gone stays so"
    # Refused at once, nothing was counted and no hour has begun.
    assert hourly.take(key, 4, 3) == (False, 0, 3600)


def test_a_guess_is_counted_for_the_account_however_it_is_named(user):
    user.email = "ann@example.org"
    user.save()
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    other = factories.make_user(username="zoe")
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    for login in ({"username": user.username}, {"email": user.email}, {"username": user.email}):
        assert guessing.account_of(login) == user, login
        actions = guessing.budgets(request, login)
        assert actions == [
            ("login_failed", f"{user.pk}:127.0.0.1"), ("login_failed_anywhere", str(user.pk)),
        ]  # fmt: skip
    assert guessing.account_of({"username": "zoe"}) == other
    assert guessing.account_of({"username": "Unknown"}) is None
    assert guessing.account_of({}) is None
    assert guessing.budgets(request, {"username": "Unknown"})[1][1] == "unknown"
    # A name that is another's address: the address goes first.
    User.objects.filter(pk=other.pk).update(username="ann@example.org")
    assert guessing.account_of({"username": "ann@example.org"}) == user


@pytest.mark.parametrize(
    ("used", "allowed", "shown", "is_full", "is_tight"),
    [(3, 10, 3, False, False), (9, 10, 9, False, True), (10, 10, 10, True, True),
     (12, 10, 10, True, True), (5, None, 0, False, False), (0, 0, 0, True, True)],
)  # fmt: skip
def test_a_bar_of_usage_is_never_longer_than_there_is(used, allowed, shown, is_full, is_tight):

    usage = UsageRow(quota=Quota.IMAGES, used=used, allowed=allowed)
    assert (usage.shown, usage.is_full, usage.is_tight) == (shown, is_full, is_tight)
    assert bool(usage.allowed_text) == (allowed is not None)
