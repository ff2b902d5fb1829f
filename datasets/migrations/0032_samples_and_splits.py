from django.db import migrations, models
from django.db.models import Q

# The trigger finds its table also for an operator who goes by another search_path.
FIXED = "ALTER FUNCTION datasets_count_images() SET search_path FROM CURRENT"
FREE = "ALTER FUNCTION datasets_count_images() RESET search_path"


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0031_image_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="datasetmap",
            name="sample_of",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RemoveIndex(model_name="image", name="image_stored"),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["dataset", "sha256"], name="image_stored"),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=Q(("deleted_at", None), Q(("split", ""), _negated=True)),
                fields=["dataset", "split"],
                name="image_of_split",
            ),
        ),
        migrations.RunSQL(FIXED, FREE),
    ]
