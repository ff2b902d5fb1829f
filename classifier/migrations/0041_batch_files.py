from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0040_review_of_answers")]

    operations = [
        migrations.AddField("batchchunk", "contents", models.JSONField(null=True)),
        migrations.AddField(
            "batchchunk", "size", models.PositiveIntegerField(default=0), preserve_default=False
        ),
        migrations.AddField(
            "batchprediction", "deleted_at", models.DateTimeField(editable=False, null=True)
        ),
    ]
