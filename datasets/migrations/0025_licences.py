"""Datasets and imports state the licence of their images."""

from django.db import migrations, models

_LICENCE = {"blank": True, "db_default": "", "default": "", "max_length": 32}
_WORDS = {**_LICENCE, "max_length": 500}


class Migration(migrations.Migration):
    dependencies = [("datasets", "0024_class_notes")]
    operations = [
        migrations.AddField("dataset", "licence", models.CharField(**_LICENCE)),
        migrations.AddField("dataset", "licence_text", models.CharField(**_WORDS)),
        migrations.AddField("import", "licence", models.CharField(**_LICENCE)),
        migrations.AddField("import", "licence_text", models.CharField(**_WORDS)),
    ]
