"""A version stores how many images it leaves out, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0013_names_in_nfc")]
    operations = [
        migrations.AddField(
            model_name="datasetversion", name="left_out", field=models.JSONField(null=True)
        ),
    ]
