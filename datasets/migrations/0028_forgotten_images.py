"""Images can be forgotten: of a version's sample hash, class and split stay, name and metadata go.

Only in a transaction that says so by the setting `loupe.forgets`.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE FUNCTION datasets_refuse_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.forgets', true) = 'on' AND NEW.forgotten
        AND (to_jsonb(NEW) - '{name,metadata,forgotten}'::text[])
            = (to_jsonb(OLD) - '{name,metadata,forgotten}'::text[])
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER sample_is_immutable ON datasets_sample;
CREATE TRIGGER sample_is_immutable BEFORE UPDATE ON datasets_sample
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse_but_forgetting();
CREATE TRIGGER sample_stays BEFORE DELETE ON datasets_sample
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse_change();
"""
DROP = """
DROP TRIGGER sample_stays ON datasets_sample;
DROP TRIGGER sample_is_immutable ON datasets_sample;
CREATE TRIGGER sample_is_immutable BEFORE UPDATE OR DELETE ON datasets_sample
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse_change();
DROP FUNCTION datasets_refuse_but_forgetting();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_look_alikes"),
        ("datasets", "0027_copies"),
        ("jobs", "0013_processor_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Forgetting",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                (
                    "dataset_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                (
                    "image_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("erased_at", models.DateTimeField(db_index=True, null=True)),
                ("counts", models.JSONField(default=dict)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="sample",
            name="forgotten",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                condition=models.Q(("forgotten", True)), fields=["version"], name="sample_forgotten"
            ),
        ),
        migrations.AddField(
            model_name="forgetting",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="forgetting",
            name="job",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="forgetting",
                to="jobs.job",
            ),
        ),
        migrations.AddField(
            model_name="forgetting",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="forgettings",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="forgetting",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="datasets.forgetting",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("forgetting__isnull", False)),
                fields=["forgetting"],
                name="image_forgotten",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
