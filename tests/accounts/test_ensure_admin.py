import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from tests import factories


def ensure_admin() -> str:
    output = StringIO()
    call_command("ensure_admin", stdout=output)
    return output.getvalue()


def test_a_password_is_made_and_printed_once(db, monkeypatch, client):
    monkeypatch.delenv("LOUPE_ADMIN_USERNAME", raising=False)
    monkeypatch.delenv("LOUPE_ADMIN_PASSWORD", raising=False)
    said = ensure_admin()
    password = re.search(r"admin, password (\S{16})", said)[1]
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert admin.is_staff
    assert admin.check_password(password)
    assert Organization.objects.filter(personal_for=admin).count() == 1
    assert password not in ensure_admin()
    admin.refresh_from_db()
    assert admin.check_password(password)
    assert User.objects.count() == 1


def test_a_given_password_is_not_printed(db, monkeypatch):
    monkeypatch.setenv("LOUPE_ADMIN_USERNAME", "operator")
    monkeypatch.setenv("LOUPE_ADMIN_PASSWORD", "a hive of 9 bees")
    assert "hive" not in ensure_admin()
    assert User.objects.get(username="operator").check_password("a hive of 9 bees")


def test_an_ordinary_person_of_that_name_is_an_error_and_gets_no_powers(db, monkeypatch):
    factories.make_user("Admin")
    monkeypatch.setenv("LOUPE_ADMIN_USERNAME", "admin")
    with pytest.raises(CommandError, match="'Admin' is there, and is not an active superuser"):
        ensure_admin()
    assert not User.objects.get().is_superuser


def test_operators_may_retire_the_default_account_for_another(db, monkeypatch):
    monkeypatch.delenv("LOUPE_ADMIN_USERNAME", raising=False)
    factories.make_user("admin", is_superuser=True, is_active=False)
    with pytest.raises(CommandError):
        ensure_admin()
    factories.make_user("root", is_superuser=True)
    assert "no operator's" in ensure_admin()
    monkeypatch.setenv("LOUPE_ADMIN_USERNAME", "..")
    with pytest.raises(CommandError, match="LOUPE_ADMIN_USERNAME: A user name has"):
        ensure_admin()
