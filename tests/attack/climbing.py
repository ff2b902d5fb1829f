"""Ways up: tokens that make tokens, members that raise themselves, staff that becomes more."""

from allauth.mfa.totp.internal.auth import TOTP
from django.contrib import admin
from django.urls import reverse

from accounts.models import Membership, TokenScope, User
from accounts.roles import Role
from tests import factories
from tests.accounts.powers import WRITTEN_HERE
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer, session_of, signed_in
from tests.permissions import matrix

TOKENS = "/api/v1/auth/tokens/"
ADMIN_FORM = {"is_superuser": "on", "is_staff": "on", "is_active": "on"}


def attack(attack: Attack, chapter: Chapter) -> None:
    """Try each way; look afterwards whether anybody has got up."""
    powers = {person.pk: _powers(person) for person in attack.world.people.values() if person}
    _tokens(attack, chapter)
    _passwords(attack, chapter)
    _roles(attack, chapter)
    _staff(attack, chapter)
    for person in User.objects.filter(pk__in=powers):
        chapter.check(_powers(person) == powers[person.pk], f"{person} has what they had before")


def _powers(person: User) -> tuple:
    person = User.objects.get(pk=person.pk)
    roles = Membership.objects.filter(user=person).values_list("organization", "role")
    return person.is_staff, person.is_superuser, person.is_active, frozenset(roles)


def _tokens(attack: Attack, chapter: Chapter) -> None:
    """A token makes none that may do more than itself, or that outlives it."""
    world = attack.world
    for scopes in (
        [],
        ["read"],
        ["write"],
        ["predict"],
        ["read", "write"],
        ["admin"],
        ["read", "admin"],
    ):
        if not scopes:
            continue
        parent = matrix.make_token(world, "owner", scopes)
        for wanted in (*([scope] for scope in TokenScope.values), TokenScope.values):
            answer = attack.target.send(
                "POST",
                TOKENS,
                headers=bearer(parent),
                json={"name": "child", "scopes": list(wanted), "expires_in_days": 1},
            )
            made = answer.status_code == 201
            may = "admin" in scopes and set(wanted) <= set(scopes)
            chapter.check(made == may, f"a token of {scopes} makes one of {wanted}", answer.text)
    parent = matrix.make_token(world, "owner", TokenScope.values)
    short = attack.target.send(
        "POST",
        TOKENS,
        headers=bearer(parent),
        json={"name": "day", "scopes": ["admin", "read"], "expires_in_days": 1},
    ).json()
    for days in (2, 365, None, 366, -1, 0, "1e9"):
        body = {"name": "grandchild", "scopes": ["read"], "expires_in_days": days}
        answer = attack.target.send("POST", TOKENS, headers=bearer(short["token"]), json=body)
        longer = answer.status_code == 201 and answer.json()["expires_at"] > short["expires_at"]
        chapter.check(not longer, f"a day's token makes one of {days} days", answer.text)
    child = attack.target.send(
        "POST", TOKENS, headers=bearer(short["token"]), json={"name": "c", "scopes": ["read"]}
    ).json()
    attack.target.send("DELETE", f"{TOKENS}{short['id']}/", headers=bearer(parent))
    for name, secret in (("the revoked one", short["token"]), ("its child", child["token"])):
        answer = attack.target.send("GET", "/api/v1/me/", headers=bearer(secret))
        chapter.check(answer.status_code == 401, f"{name} is useless at once", answer.text)


def _passwords(attack: Attack, chapter: Chapter) -> None:
    """Where there is a second factor, the password alone opens nothing."""
    careful = factories.make_user()
    basic = (careful.username, factories.PASSWORD)
    answer = attack.target.send("POST", TOKENS, json={"name": "before"}, auth=basic)
    chapter.check(
        answer.status_code == 201, "without a second factor the password does", answer.text
    )
    TOTP.activate(careful, "JBSWY3DPEHPK3PXP")
    for method, path in (("POST", TOKENS), ("GET", TOKENS), ("GET", "/api/v1/me/")):
        answer = attack.target.send(method, path, json={"name": "x"}, auth=basic)
        held = answer.status_code in (401, 403)
        chapter.check(held, f"{method} {path} by the password alone", answer.text)
    form = {"login": careful.username, "password": factories.PASSWORD}
    page = signed_in("")
    answer = attack.target.send("POST", "/accounts/login/", headers=page, data=form)
    there = answer.headers.get("Location", "")
    chapter.check("2fa" in there, "signing in asks for the code", there)
    cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    for path in ("/api/v1/me/", "/datasets/", "/tokens/", "/admin/"):
        answer = attack.target.send("GET", path, headers={"Cookie": cookies})
        held = answer.status_code in (302, 401)
        chapter.check(held, f"{path} before the code", answer.status_code)


def _roles(attack: Attack, chapter: Chapter) -> None:
    """No member gives or takes what is above them, or raises themselves."""
    world = attack.world
    members = f"/api/v1/organizations/{world.organization.slug}/members/"
    ranks = [role.value for role in Role.VIEWER.at_least()]
    ranks.sort(key=lambda name: len(Role(name).at_least()), reverse=True)
    for rank, name in enumerate(ranks):
        headers = bearer(world.tokens[name])
        for role in ranks[rank + 1 :]:
            own = attack.target.send(
                "PATCH",
                f"{members}{world.people[name].username}/",
                headers=headers,
                json={"role": role},
            )
            chapter.check(own.status_code == 403, f"{name} makes themselves {role}", own.text)
            invited = attack.target.send(
                "POST",
                f"/api/v1/organizations/{world.organization.slug}/invitations/",
                headers=headers,
                json={"role": role},
            )
            chapter.check(invited.status_code == 403, f"{name} invites {role}", invited.text)
            above = f"{members}{world.people[role].username}/"
            if role == "owner" or name in ("viewer", "editor"):
                for method, body in (("PATCH", {"role": "viewer"}), ("DELETE", None)):
                    taken = attack.target.send(method, above, headers=headers, json=body)
                    chapter.check(
                        taken.status_code == 403, f"{method} {role} as {name}", taken.text
                    )
    stranger = bearer(world.tokens["other"])
    for method in ("PATCH", "DELETE", "GET"):
        answer = attack.target.send(
            method, f"{members}{world.people['owner'].username}/", headers=stranger
        )
        chapter.check(answer.status_code in (404, 405), f"{method} as a stranger", answer.text)


def _staff(attack: Attack, chapter: Chapter) -> None:
    """Staff with every permission that can be given writes nothing that leads up."""
    world = attack.world
    staff, superuser = world.people["staff"], world.people["superuser"]
    session = signed_in(session_of(staff))
    for model in admin.site._registry:
        label = model._meta.label_lower
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_add")]
        if row := model._default_manager.first():
            addresses += [reverse(f"{name}_{what}", args=[row.pk]) for what in ("change", "delete")]
        for address in addresses if label not in WRITTEN_HERE else ():
            answer = attack.target.send(
                "POST", address, headers=session, data={**ADMIN_FORM, "post": "yes"}
            )
            chapter.check(answer.status_code == 403, f"POST {address}", answer.status_code)
    for victim in (staff, superuser, world.people["viewer"]):
        form = {**ADMIN_FORM, "username": victim.username, "email": "", "user_permissions": ["1"]}
        change = reverse("admin:accounts_user_change", args=[victim.pk])
        attack.target.send("POST", change, headers=session, data=form)
        password = reverse("admin:auth_user_password_change", args=[victim.pk])
        new = {"password1": "a hive of 9 bees", "password2": "a hive of 9 bees"}
        if victim == superuser:
            answer = attack.target.send(
                "POST", password, headers=session, data={**new, "usable_password": "true"}
            )
            chapter.check(answer.status_code == 403, "staff sets a superuser's password")
    for name in ("viewer", "owner", "other", "anonymous"):
        headers = signed_in(world.sessions.get(name, ""))
        for address in ("/admin/", reverse("admin:accounts_user_changelist"), "/metrics"):
            answer = attack.target.send("GET", address, headers=headers)
            held = answer.status_code in (302, 401, 403, 404)
            chapter.check(held, f"{address} as {name}", answer.status_code)
