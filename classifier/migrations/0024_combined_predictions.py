"""A prediction may be about several images of one thing; models count what goes with answers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0023_class_mapping")]
    operations = [
        migrations.AddField(
            model_name="prediction", name="images", field=models.JSONField(null=True)
        ),
        migrations.AlterField(
            model_name="prediction",
            name="image_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="registeredmodel",
            name="class_facts_number",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
