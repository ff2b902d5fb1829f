from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0047_try_links")]
    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="distilled",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="distilled",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="modelcopy",
            name="known_sources",
            field=models.JSONField(default=list),
        ),
    ]
