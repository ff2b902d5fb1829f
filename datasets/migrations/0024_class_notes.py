"""Classes have a note; a version knows which class each of its names was.

Versions of before are told by name, as the classes are called now. Versions are immutable, so their
trigger is off while this runs.
"""

from django.db import migrations, models

BY_NAME = """
ALTER TABLE datasets_datasetversion DISABLE TRIGGER version_is_immutable;
UPDATE datasets_datasetversion AS version SET class_ids = (
    SELECT coalesce(jsonb_agg(label.id ORDER BY each.place), '[]')
    FROM jsonb_array_elements_text(version.class_names) WITH ORDINALITY AS each(name, place)
    LEFT JOIN datasets_classlabel AS label
        ON label.dataset_id = version.dataset_id AND label.name = each.name
);
ALTER TABLE datasets_datasetversion ENABLE TRIGGER version_is_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0023_image_source")]
    operations = [
        migrations.AddField(
            model_name="classlabel",
            name="description",
            field=models.TextField(blank=True, db_default="", default="", max_length=1000),
        ),
        migrations.AddField(
            model_name="classlabel",
            name="link",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddField(
            model_name="datasetversion", name="class_ids", field=models.JSONField(null=True)
        ),
        migrations.RunSQL(BY_NAME, migrations.RunSQL.noop),
    ]
