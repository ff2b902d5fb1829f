from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0012_instant_model_version")]

    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="finish",
            field=models.CharField(
                blank=True,
                choices=[("epoch", "After this epoch"), ("now", "Now")],
                default="",
                editable=False,
                max_length=5,
            ),
            preserve_default=False,
        ),
    ]
