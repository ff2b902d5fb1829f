from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0016_rate_search")]

    operations = [
        # Rows of before do not say what answered: theirs stays empty.
        migrations.AddField(
            model_name="prediction",
            name="precision",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=10),
        ),
    ]
