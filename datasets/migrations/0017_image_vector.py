"""What an image gets is a vector; embedding is the work that makes it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0016_stored_bytes")]

    operations = [
        migrations.RenameModel("ImageEmbedding", "ImageVector"),
        migrations.AlterField(
            "imagevector",
            "image",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="vectors",
                to="datasets.image",
            ),
        ),
    ]
