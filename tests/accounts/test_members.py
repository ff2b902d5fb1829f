from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.models import AuditEntry, Invitation, Membership, User
from accounts.roles import Role
from accounts.services.invitations import accept_invitation, invite
from accounts.services.members import change_role, remove_member
from accounts.services.organizations import create_organization
from common.errors import Conflict, DomainError, Forbidden, NotFound
from tests import factories


def in_parallel(*calls) -> list[Exception | None]:
    """Run each call in a thread of its own, all at once; return what each raised."""

    def run(call) -> Exception | None:
        try:
            call()
        except DomainError as error:
            return error
        finally:
            connections.close_all()
        return None

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_roles_change_and_are_audited(user, team, viewer):
    membership = Membership.objects.get(user=viewer, organization=team)
    change_role(user=user, membership=membership, role=Role.EDITOR)
    assert Membership.objects.get(pk=membership.pk).role == Role.EDITOR
    entry = AuditEntry.objects.get(action="member.change_role")
    assert entry.detail == {"member": viewer.username, "before": "viewer", "after": "editor"}


def test_the_last_owner_stays(user, team):
    membership = Membership.objects.get(user=user, organization=team)
    with pytest.raises(Conflict, match="last owner"):
        remove_member(user=user, membership=membership)
    with pytest.raises(Conflict, match="last owner"):
        change_role(user=user, membership=membership, role=Role.ADMIN)


def test_a_member_who_has_left_meanwhile_is_not_found(user, team, viewer):
    late = Membership.objects.get(organization=team, user=viewer)
    remove_member(user=user, membership=Membership.objects.get(pk=late.pk))
    with pytest.raises(NotFound):
        remove_member(user=user, membership=late)
    with pytest.raises(NotFound):
        change_role(user=user, membership=late, role=Role.EDITOR)


def test_admins_touch_no_owner(user, team):
    admin = factories.make_member(team, Role.ADMIN)
    owner = Membership.objects.get(user=user, organization=team)
    with pytest.raises(Forbidden):
        remove_member(user=admin, membership=owner)
    own = Membership.objects.get(user=admin, organization=team)
    with pytest.raises(Forbidden):
        change_role(user=admin, membership=own, role=Role.OWNER)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one():
    first, second = factories.make_user(), factories.make_user()
    team = create_organization(user=first, name="Pair")
    Membership.objects.create(organization=team, user=second, role=Role.OWNER)
    of = {m.user_id: m for m in Membership.objects.filter(organization=team)}
    raised = in_parallel(
        lambda: remove_member(user=first, membership=of[second.pk]),
        lambda: remove_member(user=second, membership=of[first.pk]),
    )
    assert Membership.objects.filter(organization=team, role=Role.OWNER).count() == 1
    assert sum(error is not None for error in raised) == 1


def test_an_invitation_works_once(user, team):
    _, secret = invite(user=user, organization=team, role=Role.EDITOR)
    first, second = factories.make_user(), factories.make_user()
    membership = accept_invitation(user=first, secret=secret)
    assert membership.role == Role.EDITOR
    with pytest.raises(NotFound, match="was used"):
        accept_invitation(user=second, secret=secret)


@pytest.mark.django_db(transaction=True)
def test_an_invitation_opened_by_many_at_once_takes_one():
    owner = factories.make_user()
    team = create_organization(user=owner, name="Crowd")
    _, secret = invite(user=owner, organization=team, role=Role.VIEWER)
    people = [factories.make_user() for _ in range(4)]
    raised = in_parallel(
        *(lambda p=person: accept_invitation(user=p, secret=secret) for person in people)
    )
    assert sum(error is None for error in raised) == 1
    assert Membership.objects.filter(organization=team).count() == 2


def test_an_old_invitation_is_useless(user, team):
    invitation, secret = invite(user=user, organization=team, role=Role.EDITOR)
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=past)
    with pytest.raises(NotFound, match="expired"):
        accept_invitation(user=factories.make_user(), secret=secret)


def test_an_invitation_dies_with_its_inviters_role(user, team):
    admin = factories.make_member(team, Role.ADMIN)
    _, secret = invite(user=admin, organization=team, role=Role.EDITOR)
    membership = Membership.objects.get(user=admin, organization=team)
    change_role(user=user, membership=membership, role=Role.VIEWER)
    with pytest.raises(NotFound):
        accept_invitation(user=factories.make_user(), secret=secret)


def test_an_invitation_rests_while_its_inviter_is_switched_off(client, user, team):
    """An account that an operator has switched off cannot sign in; its role is still there."""
    admin, guest = factories.make_member(team, Role.ADMIN), factories.make_user()
    _, secret = invite(user=admin, organization=team, role=Role.EDITOR)
    User.objects.filter(pk=admin.pk).update(is_active=False)
    client.force_login(guest)
    assert client.get(f"/invitations/{secret}/").status_code == 404
    with pytest.raises(NotFound, match="Ask for a new link"):
        accept_invitation(user=guest, secret=secret)
    assert not Membership.objects.filter(organization=team, user=guest).exists()
    User.objects.filter(pk=admin.pk).update(is_active=True)
    assert accept_invitation(user=guest, secret=secret).role == Role.EDITOR


def test_a_member_does_not_use_an_invitation_up(user, team, viewer):
    _, secret = invite(user=user, organization=team, role=Role.EDITOR)
    with pytest.raises(Conflict, match="member of Field station already"):
        accept_invitation(user=viewer, secret=secret)
    accept_invitation(user=factories.make_user(), secret=secret)


def test_the_secret_is_kept_as_a_hash(user, team):
    invitation, secret = invite(user=user, organization=team, role=Role.EDITOR)
    row = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert all(secret not in str(value) for value in row.values())


def test_inviting_over_the_api(api, user, team):
    answer = api.post(f"/api/v1/organizations/{team.slug}/invitations/", {"role": "viewer"})
    assert answer.status_code == 201
    secret = answer.json()["link"].rstrip("/").rsplit("/", 1)[1]
    assert accept_invitation(user=factories.make_user(), secret=secret).role == Role.VIEWER


def test_a_member_leaves_over_the_api(api, user, team, viewer):
    members = f"/api/v1/organizations/{team.slug}/members/"
    assert {row["username"] for row in api.get(members).json()["results"]} == {
        user.username,
        viewer.username,
    }
    api.force_authenticate(viewer)
    assert api.delete(f"{members}{viewer.username}/").status_code == 204
    assert api.get(members).status_code == 404


def test_a_name_with_nul_is_no_member(api, team):
    url = f"/api/v1/organizations/{team.slug}/members/a%00b/"
    assert api.delete(url).status_code == 404


def test_a_taken_slug_is_a_conflict(api, team):
    answer = api.post("/api/v1/organizations/", {"name": "Other", "slug": team.slug})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/slug"


def test_team_names_are_escaped(page_client, user):
    team = create_organization(user=user, name="<img src=x onerror=alert(1)>")
    shown = page_client.get(f"/organizations/{team.slug}/").content.decode()
    assert "<img src=x" not in shown
    assert "&lt;img src=x" in shown


def test_leaving_by_the_page(client, team, viewer):
    client.force_login(viewer)
    membership = Membership.objects.get(user=viewer, organization=team)
    url = f"/organizations/{team.slug}/members/{membership.pk}/remove/"
    assert client.post(url).url == "/organizations/"
    assert client.get(f"/organizations/{team.slug}/").status_code == 404


def test_inviting_by_the_page(page_client, team):
    invitations = f"/organizations/{team.slug}/invitations/"
    shown = page_client.post(invitations, {"role": "editor"}, follow=True)
    assert shown.redirect_chain == [(f"/organizations/{team.slug}/", 302)]
    link = shown.content.decode().split('id="invitation-link"')[1].split(">")[1].split("<")[0]
    assert link.startswith("http")
    secret = link.rstrip("/").rsplit("/", 1)[1]
    assert secret not in page_client.get(f"/organizations/{team.slug}/").content.decode()
    accept_invitation(user=factories.make_user(), secret=secret)
