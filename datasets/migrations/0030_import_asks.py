from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0029_forgetting_met"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="asks",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
