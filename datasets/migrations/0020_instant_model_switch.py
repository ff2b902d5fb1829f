"""Whether a dataset has an instant model: yes, until a person says no."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0019_instant_model"),
    ]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="instant_model",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="instantmodel",
            name="dataset",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="+",
                serialize=False,
                to="datasets.dataset",
            ),
        ),
    ]
