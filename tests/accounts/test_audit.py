import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry
from accounts.services import audit
from accounts.services.organizations import create_organization


def test_entries_are_written_with_the_use_case(user):
    team = create_organization(user=user, name="Field station")
    entry = AuditEntry.objects.get(action="organization.create", object_id=str(team.pk))
    assert entry.actor_name == user.username
    assert entry.object_type == "accounts.organization"
    assert entry.detail["slug"] == team.slug


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"],
)
def test_the_database_refuses_to_change_the_log(user, statement):
    before = AuditEntry.objects.count()
    assert before
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEntry.objects.count() == before


def test_the_log_outlives_who_it_speaks_of(user):
    entry = audit.record(actor=user, action="test.look", target=user, organization=None)
    name = user.username
    user.delete()
    assert AuditEntry.objects.get(pk=entry.pk).actor_name == name
