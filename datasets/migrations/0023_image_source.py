"""Where an image came from: an import, or by itself; not known of those that are there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0022_label_kept_by_a_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="images",
                to="datasets.import",
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="sent",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
