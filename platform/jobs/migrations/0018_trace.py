from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0017_attempts_clock"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="trace_id",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=32),
        ),
    ]
