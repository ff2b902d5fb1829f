"""A history without gaps that outlives the versions in it, notes on versions, versions that may go.

A change of an alias names versions by their numbers, not by their rows, and is counted itself. What
is archived today is written down as a change, too: an archived model answers nothing.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

OPEN = "DROP TRIGGER alias_change_is_immutable ON classifier_aliaschange;"
CLOSED = """
CREATE TRIGGER alias_change_is_immutable BEFORE UPDATE ON classifier_aliaschange
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
"""
# What the rows point at is checked at once: a table with checks to come cannot be changed.
FILL = """
UPDATE classifier_aliaschange AS change SET
    version_number = (
        SELECT number FROM classifier_modelversion WHERE id = change.version_id),
    previous_number = (
        SELECT number FROM classifier_modelversion WHERE id = change.previous_id);
INSERT INTO classifier_aliaschange (id, created_at, model_id, kind, alias, reason)
    SELECT gen_random_uuid(), archived_at, id, 'archived', '', ''
    FROM classifier_registeredmodel WHERE archived_at IS NOT NULL;
UPDATE classifier_aliaschange AS change SET number = counted.number
    FROM (
        SELECT id, row_number() OVER (PARTITION BY model_id ORDER BY created_at, id) AS number
        FROM classifier_aliaschange
    ) AS counted WHERE counted.id = change.id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
# Backwards: changes without a version cannot be told, and those of a deleted one neither.
EMPTY = """
ALTER TABLE classifier_aliaschange DISABLE TRIGGER alias_change_stays;
DELETE FROM classifier_aliaschange AS change WHERE NOT EXISTS (
    SELECT 1 FROM classifier_modelversion
    WHERE model_id = change.model_id AND number = change.version_number);
ALTER TABLE classifier_aliaschange ENABLE TRIGGER alias_change_stays;
UPDATE classifier_aliaschange AS change SET
    version_id = (SELECT id FROM classifier_modelversion
        WHERE model_id = change.model_id AND number = change.version_number),
    previous_id = (SELECT id FROM classifier_modelversion
        WHERE model_id = change.model_id AND number = change.previous_number);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
GUARDS = """
CREATE FUNCTION classifier_refuse_version_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.deleted_model', true) = OLD.model_id::text
            OR current_setting('loupe.deleted_version', true) = OLD.id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER model_version_stays ON classifier_modelversion;
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_version_delete();
CREATE TRIGGER model_version_is_not_truncated BEFORE TRUNCATE ON classifier_modelversion
    FOR EACH STATEMENT EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER alias_change_is_not_truncated BEFORE TRUNCATE ON classifier_aliaschange
    FOR EACH STATEMENT EXECUTE FUNCTION classifier_refuse_change();
"""
NO_GUARDS = """
DROP TRIGGER alias_change_is_not_truncated ON classifier_aliaschange;
DROP TRIGGER model_version_is_not_truncated ON classifier_modelversion;
DROP TRIGGER model_version_stays ON classifier_modelversion;
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_delete();
DROP FUNCTION classifier_refuse_version_delete();
"""
_ALIAS_CHANGE = "aliaschange"


def _version_key() -> models.ForeignKey:
    return models.ForeignKey(
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="classifier.modelversion",
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("classifier", "0024_combined_predictions"),
    ]
    operations = [
        migrations.AddField(
            model_name="registeredmodel",
            name="versions_made",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(_ALIAS_CHANGE, "number", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            _ALIAS_CHANGE,
            "kind",
            models.CharField(
                choices=[
                    ("set", "Set"),
                    ("rolled_back", "Rolled Back"),
                    ("removed", "Removed"),
                    ("archived", "Archived"),
                    ("taken_back", "Taken Back"),
                ],
                default="set",
                max_length=12,
            ),
        ),
        migrations.AddField(
            _ALIAS_CHANGE, "version_number", models.PositiveIntegerField(null=True)
        ),
        migrations.AddField(
            _ALIAS_CHANGE, "previous_number", models.PositiveIntegerField(null=True)
        ),
        migrations.AlterField(_ALIAS_CHANGE, "alias", models.SlugField(blank=True, max_length=40)),
        migrations.AlterField(_ALIAS_CHANGE, "version", _version_key()),
        migrations.RunSQL(OPEN, CLOSED),
        migrations.RunSQL(FILL, EMPTY),
        migrations.RunSQL(CLOSED, OPEN),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RemoveField(_ALIAS_CHANGE, "version"),
        migrations.RemoveField(_ALIAS_CHANGE, "previous"),
        migrations.AlterField(_ALIAS_CHANGE, "number", models.PositiveIntegerField()),
        migrations.AlterField(
            _ALIAS_CHANGE,
            "model",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alias_changes",
                to="classifier.registeredmodel",
            ),
        ),
        migrations.AlterField(
            _ALIAS_CHANGE,
            "created_at",
            models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddConstraint(
            _ALIAS_CHANGE,
            models.UniqueConstraint(fields=("model", "number"), name="alias_change_number_once"),
        ),
        migrations.CreateModel(
            name="VersionNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("tags", models.JSONField(default=list)),
                ("text", models.TextField(blank=True, max_length=5000)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model_version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="note",
                        to="classifier.modelversion",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
    ]
