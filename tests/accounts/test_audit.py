import json
import logging
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services import audit
from accounts.services.organizations import create_organization
from accounts.services.serving_role import grant_serving_role
from accounts.services.sign_up import create_account
from accounts.services.tokens import create_token
from common.logs import SecretlessFormatter
from tests import factories


def test_entries_are_written_with_the_use_case(user):
    team = create_organization(user=user, name="Field station")
    entry = AuditEntry.objects.get(action="organization.create", object_id=str(team.pk))
    assert entry.actor_name == user.username
    assert entry.object_type == "accounts.organization"
    assert entry.detail["slug"] == team.slug


def test_an_entry_belongs_to_the_organization_of_what_it_is_about(user):
    dataset = factories.make_dataset(user=user)
    (image,) = factories.make_images(dataset, "cat", 1)
    for target in (dataset.organization, dataset, image, image.class_label):
        entry = audit.record(actor=user, action="test.look", target=target)
        assert entry.organization == dataset.organization
    assert audit.record(actor=user, action="test.look", target=user).organization is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET action = 'x'",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry CASCADE",
    ],
)
def test_the_database_refuses_to_change_the_log(user, statement):
    before = AuditEntry.objects.count()
    assert before
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEntry.objects.count() == before


def test_the_log_outlives_who_it_speaks_of(user):
    entry = audit.record(actor=user, action="test.look", target=user)
    name = user.username
    user.delete()
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == name


def actions(**of) -> list[str]:
    entries = AuditEntry.objects.filter(**of).order_by("created_at")
    return list(entries.values_list("action", flat=True))


def test_sign_ins_are_written_down_with_the_address(client, db):
    user = factories.make_user("mira")
    for password in ("a guess", factories.PASSWORD):
        form = {"login": "mira@example.com", "password": password}
        client.post(reverse("account_login"), form, REMOTE_ADDR="192.0.2.7")
    client.post(reverse("account_logout"), REMOTE_ADDR="2001:db8::1")
    form = {"login": "my secret by mistake", "password": "x"}
    client.post(reverse("account_login"), form)
    kinds = ["account.sign_in_failed", "account.sign_in", "account.sign_out"]
    entries = AuditEntry.objects.filter(action__startswith="account.sign").order_by("created_at")
    assert [entry.action for entry in entries] == kinds
    assert [entry.address for entry in entries] == ["192.0.2.7", "192.0.2.7", "2001:db8::1"]
    assert [entry.actor for entry in entries] == [None, user, user]
    assert entries[1].detail["methods"] == ["password"]
    assert audit.record(actor=None, action="x.y", target=user).address is None


def test_mail_addresses_and_passwords_are_written_down(page_client, user, mail_server):
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    new, page = "second@example.com", reverse("account_email")
    page_client.post(page, {"action_add": "", "email": new})
    address = EmailAddress.objects.get(email=new)
    address.verified = True
    address.save()
    page_client.post(page, {"action_primary": "", "email": new})
    page_client.post(page, {"action_remove": "", "email": user.email})
    new_password = dict.fromkeys(("password1", "password2"), "a hive of bees")
    form = {"oldpassword": factories.PASSWORD, **new_password}
    page_client.post(reverse("account_change_password"), form)
    assert actions(actor=user, action__contains="address") == [
        "account.add_address",
        "account.change_address",
        "account.remove_address",
    ]
    entry = AuditEntry.objects.get(action="account.set_password")
    assert (entry.actor, entry.detail["how"]) == (user, "change")


def test_the_database_itself_writes_down_who_becomes_an_operator(client, db, user):
    create_account(username="root", email="", password=None, is_staff=True, is_superuser=True)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [user.pk])
    entries = AuditEntry.objects.filter(action="account.powers").order_by("created_at")
    assert [entry.detail["account"] for entry in entries] == ["root", user.username, user.username]
    assert entries[1].detail["before"] == {
        "is_superuser": False,
        "is_staff": False,
        "is_active": True,
    }
    assert entries[2].detail["after"]["is_active"] is False

    client.force_login(User.objects.get(username="root"))
    form = {"username": user.username, "email": "", "first_name": "", "last_name": ""}
    page = reverse("admin:accounts_user_change", args=[user.pk])
    permissions = [str(Permission.objects.first().pk)]
    client.post(page, form | {"is_active": "on", "user_permissions": permissions})
    entry = AuditEntry.objects.get(action="account.change")
    assert entry.detail["is_superuser"] is False
    assert {"is_superuser", "user_permissions"} <= set(entry.detail["fields"])


def test_a_downloaded_version_is_written_down(api, user):
    version = factories.make_version(user=user, per_class=5)
    assert api.get(f"/api/v1/dataset-versions/{version.pk}/archive/").status_code == 200
    assert actions(object_id=str(version.pk))[-1] == "dataset_version.download"


def exported(*arguments: str) -> list[dict]:
    output = StringIO()
    call_command("export_audit", *arguments, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_image_files_taken_by_a_token_are_written_down_once_an_hour(api, page_client, user):
    datasets = [factories.make_dataset(user=user) for _ in range(2)]
    images = [image for dataset in datasets for image in factories.make_images(dataset, "cat", 2)]
    entries = AuditEntry.objects.filter(action="dataset.download_images")
    _, secret = create_token(user=user, name="script")
    token = {"headers": {"Authorization": f"Bearer {secret}"}}
    for image in images:
        address = f"/api/v1/images/{image.pk}/"
        assert page_client.get(f"{address}file/").status_code == 200
        assert Client().get(f"{address}thumbnail/", **token).status_code == 200
        assert not entries.filter(detail__first_image=str(image.pk)).exists()
        assert Client().get(f"{address}file/", **token).status_code == 200
    written = set(entries.values_list("object_id", "detail__first_image"))
    assert written == {
        (str(datasets[number].pk), str(images[2 * number].pk)) for number in range(2)
    }
    cache.delete(f"image-download:{user.pk}:{datasets[0].pk}")  # as at the end of the hour
    Client().get(f"/api/v1/images/{images[1].pk}/file/", **token)
    assert entries.count() == 3
    assert entries.latest("created_at").detail["first_image"] == str(images[1].pk)


def test_the_log_is_exported_as_json_lines(user):
    create_organization(user=user, name="Feldstation Ä")
    lines = exported()
    assert len(lines) == AuditEntry.objects.count() > 1
    assert lines[-1]["action"] == "organization.create"
    assert lines[-1]["detail"]["name"] == "Feldstation Ä"
    assert lines[-1]["organization"] == "feldstation-a"
    assert exported("--since", "2999-01-01") == []
    assert exported("--until", "2999-01-01T00:00:00") == lines


def test_old_entries_go_and_the_log_says_so(user):
    old = timezone.now() - timedelta(days=31)
    AuditEntry.objects.bulk_create(
        [AuditEntry(actor_name="x", action="old.one", object_type="", object_id="")]
    )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER audit_is_append_only")
        cursor.execute(
            "UPDATE accounts_auditentry SET created_at = %s WHERE action = 'old.one'", [old]
        )
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER audit_is_append_only")
    before = AuditEntry.objects.count()
    call_command("prune_audit", "--keep-days", "30", stdout=StringIO())
    assert AuditEntry.objects.count() == before
    assert not actions(action="old.one")
    assert AuditEntry.objects.get(action="audit.prune").detail == {"entries": 1, "keep_days": 30}
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()
    with pytest.raises(CommandError, match="must be 1 or more"):
        call_command("prune_audit")


def test_one_role_that_owns_and_serves_is_said(db, settings):
    warned = [message.id for message in run_checks(databases=["default"])]
    assert "accounts.W001" in warned
    settings.SERVING_ROLE = "another"
    assert "accounts.W001" not in [message.id for message in run_checks(databases=["default"])]


def test_the_role_that_serves_may_only_add_to_the_log(user):
    refused = [
        "UPDATE accounts_auditentry SET action = 'x'",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
        "DROP TABLE accounts_auditentry",
        "ALTER TABLE accounts_auditentry DISABLE TRIGGER ALL",
        "DROP TABLE datasets_dataset CASCADE",
        "CREATE TABLE mine (x int)",
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user <> 'loupe' AND pg_has_role('loupe', 'MEMBER')")
        if cursor.fetchone() != (True,):
            pytest.skip("DATABASE_URL names a server without the two roles of the embedded one")
        grant_serving_role("loupe")
        cursor.execute("SET LOCAL ROLE loupe")
        for statement in refused:
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                with transaction.atomic():
                    cursor.execute(statement)
        assert run_checks(databases=["default"]) == []
        create_account(username="served", email="", password=None, is_superuser=True)
        User.objects.filter(username="served").update(first_name="x")
        with pytest.raises(CommandError, match="role that owns the tables"):
            call_command("prune_audit", "--keep-days", "1", stdout=StringIO())
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/team/invitations/abc-DEF_1/", "/team/invitations/…/"),
        ("/accounts/password/reset/key/3-set-password/", "/accounts/password/reset/key/…/"),
        ("/accounts/confirm-email/MQ:1x:s_k/", "/accounts/confirm-email/…/"),
        ("/alerts/stop/eyJ1:1x:s_k/", "/alerts/stop/…/"),
        (
            "/accounts/login/?next=%2Fteam%2Finvitations%2Fabc-DEF_1%2F&a=1",
            "/accounts/login/?next=%2Fteam%2Finvitations%2F…%2F&a=1",
        ),
        (
            "/accounts/login/?next=/team/invitations/abc%20d/",
            "/accounts/login/?next=/team/invitations/…/",
        ),
        (
            "/accounts/reauthenticate/?next=%2Fx%2F%3Fnext%3D%252Fteam%252Finvitations%252Fabc%252F",
            "/accounts/reauthenticate/?next=%2Fx%2F%3Fnext%3D%252Fteam%252Finvitations%252F…%252F",
        ),
        ("/x/?a=1&token=abc&b=2", "/x/?a=1&token=…&b=2"),
        ("/x/?X-Amz-Signature=abc&b=2", "/x/?X-Amz-Signature=…&b=2"),
        ("/team/organizations/lab/invitations/", "/team/organizations/lab/invitations/"),
    ],
)
def test_lines_of_logs_hold_no_secret_of_a_link(path, shown):
    formatter = SecretlessFormatter("{asctime} {message}", style="{")
    arguments = ("192.0.2.7:1", "GET", path, "1.1", 200)
    form = '%s - "%s %s HTTP/%s" %d'
    record = logging.LogRecord("uvicorn.access", 20, "", 0, form, arguments, None)
    assert f'"GET {shown} HTTP/1.1" 200' in formatter.format(record)
