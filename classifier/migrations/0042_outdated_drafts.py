from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0041_batch_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="retrainingdraft",
            name="status",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("started", "Started"),
                    ("dismissed", "Dismissed"),
                    ("outdated", "Outdated"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
