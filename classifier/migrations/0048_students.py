from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0047_try_links")]
    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="distilled",
            field=models.JSONField(null=True),
        ),
    ]
