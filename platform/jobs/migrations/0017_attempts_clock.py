"""Attempts begin by the clock of the database, as they end."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0016_turns")]

    operations = [
        migrations.AlterField(
            model_name="jobattempt",
            name="started_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
    ]
