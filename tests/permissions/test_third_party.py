"""What matrix.THIRD_PARTY leaves out: other people's pages, and what is open by design."""

import pytest
from django.contrib import admin
from django.urls import URLPattern, get_resolver, reverse

from tests import factories
from tests.permissions import matrix


def _admin_addresses() -> list[str]:
    """Return every address of the admin site that takes no argument."""
    site = next(r for r in get_resolver().url_patterns if getattr(r, "namespace", "") == "admin")
    found = []
    for pattern in site.url_patterns:
        below = getattr(pattern, "url_patterns", [pattern])
        prefix = "" if isinstance(pattern, URLPattern) else str(pattern.pattern)
        found += [f"/admin/{prefix}{leaf.pattern}" for leaf in below]
    return sorted({address for address in found if "<" not in address and "(" not in address})


def test_the_admin_site_is_for_staff(client, db, subtests):
    owner = factories.make_user()
    addresses = _admin_addresses()
    assert len(addresses) > 2 * len(admin.site._registry)
    for signed_in in (False, True):
        if signed_in:
            client.force_login(owner)
        for address in addresses:
            if "login" in address or "logout" in address or "jsi18n" in address:
                continue
            with subtests.test(f"{address} signed in: {signed_in}"):
                response = client.get(address, follow=True)
                if signed_in:
                    assert response.status_code == 403
                else:
                    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize(
    "name", ["account_email", "account_change_password", "account_reauthenticate"]
)
def test_account_pages_need_a_person(client, db, name):
    response = client.get(reverse(name))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(
    "address", ["/healthz/live", "/healthz/ready", "/api/v1/schema/", "/api/v1/docs/"]
)
def test_open_by_design(client, db, address):
    assert client.get(address).status_code == 200


def test_an_unknown_address_below_the_api_answers_a_problem(client, db):
    response = client.get("/api/v1/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert "text/html" in client.get("/nothing/")["Content-Type"]


def test_every_page_of_the_admin_site_opens(client, db, subtests):
    """Also of what cannot be changed: its inline forms are put together all the same."""
    world = matrix.new_world()
    for module in matrix.rows_of_apps().values():
        module.build(world)
    person = world.people["owner"]
    person.is_staff = person.is_superuser = True
    person.save()
    factories.sign_in(client, person)
    client.raise_request_exception = False
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        if row := model._default_manager.first():
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
        for address in addresses:
            with subtests.test(address):
                assert client.get(address).status_code == 200
