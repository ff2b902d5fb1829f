"""An addition of a batch's answers knows which of them it has taken over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0045_totals_of_predictions")]
    operations = [
        migrations.AddField(
            "batchaddition", "last_index", models.IntegerField(default=-1, db_default=-1)
        ),
    ]
