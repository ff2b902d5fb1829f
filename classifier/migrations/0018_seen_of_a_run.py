import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0017_prediction_precision"),
    ]

    operations = [
        migrations.AddField(
            model_name="epochmetrics",
            name="gpu_memory_bytes",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="epochmetrics",
            name="memory_bytes",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="watched",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.CreateModel(
            name="EpochAnswers",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("correct", models.BinaryField()),
                ("predicted", models.BinaryField()),
                ("probability", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="classifier.trainingrun",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "epoch answers",
                "ordering": ["epoch"],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "epoch"), name="answers_of_epoch")
                ],
            },
        ),
    ]
