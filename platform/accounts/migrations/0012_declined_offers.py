from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_keeps_predictions"),
    ]

    operations = [
        migrations.AddField(
            model_name="share",
            name="declined_at",
            field=models.DateTimeField(null=True),
        ),
    ]
