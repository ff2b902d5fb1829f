"""Instant models: what is fitted by itself on labels and vectors, and what it suggests."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

ARRAYS = (
    "head",
    "centres",
    "image_ids",
    "class_index",
    "probability",
    "margin",
    "group",
    "closeness",
)
# Ids and probabilities do not get smaller, and a fit writes them while a person waits.
UNCOMPRESSED = "; ".join(
    f'ALTER TABLE datasets_instantmodel ALTER COLUMN "{name}" SET STORAGE EXTERNAL'
    for name in ARRAYS
)


def have_all_fitted(apps, schema_editor) -> None:
    """Give each dataset a row that waits for a fit; one without vectors takes a moment."""
    rows = apps.get_model("datasets", "InstantModel")
    datasets = apps.get_model("datasets", "Dataset").objects.filter(deleted_at=None)
    ids = datasets.values_list("pk", flat=True)
    rows.objects.bulk_create([rows(dataset_id=pk, wanted=1) for pk in ids], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0018_vectors_by_content"),
    ]

    operations = [
        migrations.CreateModel(
            name="InstantModel",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="instant_model",
                        serialize=False,
                        to="datasets.dataset",
                    ),
                ),
                ("wanted", models.PositiveBigIntegerField(default=0)),
                ("seen", models.PositiveBigIntegerField(default=0)),
                ("vectors_at", models.DateTimeField(null=True)),
                ("method", models.CharField(blank=True, max_length=20)),
                ("embedding", models.CharField(blank=True, max_length=120)),
                (
                    "class_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("labelled", models.PositiveIntegerField(default=0)),
                ("learned_from", models.PositiveIntegerField(default=0)),
                ("held_out", models.PositiveIntegerField(default=0)),
                ("head", models.BinaryField(default=bytes)),
                ("temperature", models.FloatField(default=1.0)),
                ("centres", models.BinaryField(default=bytes)),
                (
                    "groups_to_name",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(), default=list, size=None
                    ),
                ),
                ("image_ids", models.BinaryField(default=bytes)),
                ("class_index", models.BinaryField(default=bytes)),
                ("probability", models.BinaryField(default=bytes)),
                ("group", models.BinaryField(default=bytes)),
                ("margin", models.BinaryField(default=bytes)),
                ("closeness", models.BinaryField(default=bytes)),
                ("accuracy", models.FloatField(null=True)),
                ("accuracy_low", models.FloatField(null=True)),
                ("accuracy_high", models.FloatField(null=True)),
                ("fitted_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="bulkedit",
            name="rejected_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), default=list, size=None
            ),
        ),
        migrations.RunSQL(UNCOMPRESSED, migrations.RunSQL.noop),
        migrations.RunPython(have_all_fitted, migrations.RunPython.noop),
    ]
