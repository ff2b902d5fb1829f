"""A model's own gate, a row for each change; history says what an admin overrode."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CREATE = """
CREATE TRIGGER model_gate_is_immutable BEFORE UPDATE ON classifier_modelgate
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_gate_stays BEFORE DELETE ON classifier_modelgate
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_delete();
CREATE TRIGGER model_gate_is_not_truncated BEFORE TRUNCATE ON classifier_modelgate
    FOR EACH STATEMENT EXECUTE FUNCTION classifier_refuse_change();
"""
DROP = """
DROP TRIGGER model_gate_is_not_truncated ON classifier_modelgate;
DROP TRIGGER model_gate_stays ON classifier_modelgate;
DROP TRIGGER model_gate_is_immutable ON classifier_modelgate;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0026_card_texts"),
        ("datasets", "0024_class_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="aliaschange", name="overridden", field=models.JSONField(null=True)
        ),
        migrations.CreateModel(
            name="ModelGate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("number", models.PositiveIntegerField()),
                ("rules", models.JSONField()),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "dataset_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="model_gates",
                        to="datasets.datasetversion",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gates",
                        to="classifier.registeredmodel",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "number"), name="model_gate_number_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
