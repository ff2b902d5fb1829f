"""Jobs from before stay without a sum: what they used is not known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0012_parked")]

    operations = [
        operation
        for name in ("processor_seconds", "gpu_seconds")
        for operation in (
            migrations.AddField("job", name, models.FloatField(editable=False, null=True)),
            migrations.AlterField(
                "job", name, models.FloatField(default=0.0, editable=False, null=True)
            ),
        )
    ]
