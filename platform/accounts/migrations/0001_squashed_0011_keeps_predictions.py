"""What the migrations up to 0011_keeps_predictions make of an empty database.

A database that has some of them goes on with those.
"""

import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels

GUARDS = """
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
CREATE FUNCTION accounts_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE DELETE OR UPDATE ON accounts_auditentry
    FOR EACH ROW
    EXECUTE FUNCTION accounts_refuse_audit_change();
CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT
    EXECUTE FUNCTION accounts_refuse_audit_change();
CREATE TRIGGER powers_of_a_new_account AFTER INSERT ON accounts_user
    FOR EACH ROW WHEN (
        new.is_superuser
        OR new.is_staff
    )
    EXECUTE FUNCTION accounts_note_powers();
CREATE TRIGGER powers_of_an_account AFTER UPDATE ON accounts_user
    FOR EACH ROW WHEN (
        ((old.is_superuser
        IS DISTINCT FROM new.is_superuser)
        OR (old.is_staff
        IS DISTINCT FROM new.is_staff))
        OR (old.is_active
        IS DISTINCT FROM new.is_active)
    )
    EXECUTE FUNCTION accounts_note_powers();
"""
NO_GUARDS = """
DROP FUNCTION accounts_note_powers() CASCADE;
DROP FUNCTION accounts_refuse_audit_change() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_append_only_audit"),
        ("accounts", "0003_token_scope_words"),
        ("accounts", "0004_token_parent"),
        ("accounts", "0005_sign_in"),
        ("accounts", "0006_audit_address"),
        ("accounts", "0007_names_in_nfc"),
        ("accounts", "0008_quotas"),
        ("accounts", "0009_look_alikes"),
        ("accounts", "0010_shares"),
        ("accounts", "0011_keeps_predictions"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="User",
                    fields=[
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        (
                            "last_login",
                            models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                        ),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        (
                            "username",
                            models.CharField(
                                error_messages={
                                    "unique": "A user with that username already exists."
                                },
                                help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                                max_length=150,
                                unique=True,
                                validators=[
                                    django.contrib.auth.validators.UnicodeUsernameValidator()
                                ],
                                verbose_name="username",
                            ),
                        ),
                        (
                            "first_name",
                            models.CharField(blank=True, max_length=150, verbose_name="first name"),
                        ),
                        (
                            "last_name",
                            models.CharField(blank=True, max_length=150, verbose_name="last name"),
                        ),
                        (
                            "email",
                            models.EmailField(
                                blank=True, max_length=254, verbose_name="email address"
                            ),
                        ),
                        (
                            "is_staff",
                            models.BooleanField(
                                default=False,
                                help_text="Designates whether the user can log into this admin site.",
                                verbose_name="staff status",
                            ),
                        ),
                        (
                            "is_active",
                            models.BooleanField(
                                default=True,
                                help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                                verbose_name="active",
                            ),
                        ),
                        (
                            "date_joined",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="date joined"
                            ),
                        ),
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("skeleton", models.TextField(editable=False, null=True)),
                        ("session_epoch", models.PositiveIntegerField(default=0, editable=False)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "user",
                        "verbose_name_plural": "users",
                        "abstract": False,
                    },
                    managers=[
                        ("objects", django.contrib.auth.models.UserManager()),
                    ],
                ),
                migrations.CreateModel(
                    name="APIToken",
                    fields=[
                        ("token_key", models.CharField(db_index=True, max_length=25)),
                        ("expiry", models.DateTimeField(blank=True, null=True)),
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("digest", models.CharField(editable=False, max_length=128, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("read", "Read everything"),
                                        ("write", "Create and change"),
                                        ("predict", "Ask models for predictions"),
                                        ("admin", "Manage organizations and tokens"),
                                    ],
                                    max_length=8,
                                ),
                                size=None,
                            ),
                        ),
                        ("last_used_at", models.DateTimeField(null=True)),
                        (
                            "made_with",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="children",
                                to=settings.KNOX_TOKEN_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="auth_token_set",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "API token",
                    },
                ),
                migrations.CreateModel(
                    name="DeviceRequest",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("user_code", models.CharField(max_length=9, unique=True)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("read", "Read everything"),
                                        ("write", "Create and change"),
                                        ("predict", "Ask models for predictions"),
                                        ("admin", "Manage organizations and tokens"),
                                    ],
                                    max_length=8,
                                ),
                                size=None,
                            ),
                        ),
                        ("expires_in_days", models.PositiveSmallIntegerField()),
                        ("address", models.GenericIPAddressField()),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        ("last_polled_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("approved", "Approved"),
                                    ("denied", "Denied"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="KnownBrowser",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("device", models.CharField(max_length=32)),
                        ("address", models.GenericIPAddressField()),
                        ("user_agent", models.CharField(max_length=200)),
                        ("last_sign_in_at", models.DateTimeField()),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Organization",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("slug", models.SlugField(max_length=64)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "max_bytes",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="bytes stored"
                            ),
                        ),
                        (
                            "max_images",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="images"
                            ),
                        ),
                        (
                            "max_datasets",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="datasets"
                            ),
                        ),
                        (
                            "max_jobs",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="running and waiting jobs"
                            ),
                        ),
                        (
                            "max_predictions_per_hour",
                            models.PositiveBigIntegerField(
                                blank=True, null=True, verbose_name="predictions an hour"
                            ),
                        ),
                        (
                            "keeps_predictions",
                            models.BooleanField(db_default=False, default=False, editable=False),
                        ),
                        (
                            "personal_for",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="personal_organization",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("viewer", "Viewer"),
                                    ("editor", "Editor"),
                                    ("admin", "Admin"),
                                    ("owner", "Owner"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("from_provider", models.BooleanField(default=False)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("viewer", "Viewer"),
                                    ("editor", "Editor"),
                                    ("admin", "Admin"),
                                    ("owner", "Owner"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("expires_at", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(null=True)),
                        (
                            "invited_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="invitations",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("actor_name", models.CharField(max_length=150)),
                        ("action", models.CharField(max_length=64)),
                        ("object_type", models.CharField(max_length=64)),
                        ("object_id", models.CharField(max_length=64)),
                        ("address", models.GenericIPAddressField(null=True)),
                        ("detail", models.JSONField(default=dict)),
                        (
                            "actor",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "audit entries",
                    },
                ),
                migrations.CreateModel(
                    name="Share",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid.uuid4,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                        ("receiver_slug", models.CharField(max_length=64)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("dataset", "Dataset"), ("model", "Model")], max_length=10
                            ),
                        ),
                        ("subject", models.UUIDField(db_index=True)),
                        ("name", models.CharField(max_length=120)),
                        ("may_copy", models.BooleanField(default=False)),
                        ("expires_at", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(null=True)),
                        (
                            "offered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="shares_given",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "receiver",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="shares_received",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                ),
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.UniqueConstraint(
                        django.db.models.functions.text.Lower("username"),
                        name="username_unique_in_any_case",
                        violation_error_message="This name is taken (upper and lower case count as one).",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.UniqueConstraint(
                        fields=("skeleton",),
                        name="username_looks_like_no_other",
                        violation_error_message="This name looks like one that is taken.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="knownbrowser",
                    constraint=models.UniqueConstraint(
                        fields=("user", "device"), name="known_browser_once_per_user"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="organization",
                    constraint=models.UniqueConstraint(
                        django.db.models.functions.text.Lower("slug"),
                        name="organization_slug_unique",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="membership",
                    constraint=models.UniqueConstraint(
                        fields=("organization", "user"), name="membership_once_per_organization"
                    ),
                ),
                migrations.AddIndex(
                    model_name="auditentry",
                    index=models.Index(
                        fields=["object_type", "object_id"], name="accounts_au_object__2df7a0_idx"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="share",
                    constraint=models.UniqueConstraint(
                        fields=("kind", "subject", "receiver_slug"), name="shared_once_with_each"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
