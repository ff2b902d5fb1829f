"""`images_per_second` of a job's progress becomes `rate`: many jobs count other things."""

from django.db import migrations

_RENAME = """
UPDATE jobs_job
SET progress = (progress - '{old}') || jsonb_build_object('{new}', progress -> '{old}')
WHERE jsonb_exists(progress, '{old}')
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_open_jobs")]

    operations = [
        migrations.RunSQL(
            _RENAME.format(old="images_per_second", new="rate"),
            _RENAME.format(old="rate", new="images_per_second"),
        )
    ]
