"""A version stores the subgroups that its metadata divides its images into."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0009_import_chunks")]
    operations = [
        migrations.AddField(
            model_name="datasetversion", name="slices", field=models.JSONField(null=True)
        ),
    ]
