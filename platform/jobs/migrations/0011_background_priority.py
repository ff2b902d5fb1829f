from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0010_scratch")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="priority",
            field=models.SmallIntegerField(
                default=0,
                help_text="Higher goes first, before the fair share between people and "
                "organizations. Below 0 it also lets all other work of its machine pass.",
            ),
        ),
    ]
