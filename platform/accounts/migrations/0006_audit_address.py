"""The address of who did it; no TRUNCATE; the database writes down who becomes an operator."""

from django.db import migrations, models

NO_TRUNCATE = """
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_refuse_audit_change();
"""
TRUNCATE_AGAIN = "DROP TRIGGER audit_is_not_truncated ON accounts_auditentry;"

# Whatever changes the powers of an account leaves an entry: a page, manage.py createsuperuser, SQL.
POWERS = """
CREATE FUNCTION accounts_note_powers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := NULL;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := jsonb_build_object('is_superuser', OLD.is_superuser, 'is_staff', OLD.is_staff,
                                     'is_active', OLD.is_active);
    END IF;
    INSERT INTO accounts_auditentry
        (id, created_at, actor_name, action, object_type, object_id, detail)
    VALUES
        (gen_random_uuid(), clock_timestamp(), 'database', 'account.powers', 'accounts.user',
         NEW.id::text, jsonb_build_object('account', NEW.username, 'before', before, 'after',
            jsonb_build_object('is_superuser', NEW.is_superuser, 'is_staff', NEW.is_staff,
                               'is_active', NEW.is_active)));
    RETURN NULL;
END $$;
CREATE TRIGGER powers_of_a_new_account AFTER INSERT ON accounts_user
    FOR EACH ROW WHEN (NEW.is_superuser OR NEW.is_staff)
    EXECUTE FUNCTION accounts_note_powers();
CREATE TRIGGER powers_of_an_account AFTER UPDATE ON accounts_user
    FOR EACH ROW WHEN ((OLD.is_superuser, OLD.is_staff, OLD.is_active)
        IS DISTINCT FROM (NEW.is_superuser, NEW.is_staff, NEW.is_active))
    EXECUTE FUNCTION accounts_note_powers();
"""
NO_POWERS = """
DROP TRIGGER powers_of_a_new_account ON accounts_user;
DROP TRIGGER powers_of_an_account ON accounts_user;
DROP FUNCTION accounts_note_powers();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_sign_in")]
    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="address",
            field=models.GenericIPAddressField(null=True),
        ),
        migrations.RunSQL(NO_TRUNCATE, TRUNCATE_AGAIN),
        migrations.RunSQL(POWERS, NO_POWERS),
    ]
