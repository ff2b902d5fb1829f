"""What members read of a log is stored by itself; of older attempts they read nothing any more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_state_machine")]
    operations = [
        migrations.AddField(
            model_name="jobattempt", name="public_log", field=models.TextField(blank=True)
        ),
    ]
