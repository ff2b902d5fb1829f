"""A failed job that a person has read about is no longer shown as waiting for people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_public_log")]
    operations = [
        migrations.AddField(
            model_name="job", name="dismissed_at", field=models.DateTimeField(null=True)
        ),
    ]
