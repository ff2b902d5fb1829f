"""The slice of images without a value is named by nothing: a person can give "(no value)".

Versions are immutable, so their trigger is off while this runs.
"""

from django.db import migrations

RENAME = """
ALTER TABLE datasets_datasetversion DISABLE TRIGGER version_is_immutable;
UPDATE datasets_datasetversion AS version SET slices = (
    SELECT jsonb_agg(
        CASE WHEN slice -> 'counts' ? '{before}' THEN jsonb_set(
            slice, '{{counts}}',
            (slice -> 'counts') - '{before}'
                || jsonb_build_object('{after}', slice -> 'counts' -> '{before}')
        ) ELSE slice END ORDER BY place
    ) FROM jsonb_array_elements(version.slices) WITH ORDINALITY AS each(slice, place)
)
WHERE jsonb_typeof(slices) = 'array' AND jsonb_array_length(slices) > 0;
ALTER TABLE datasets_datasetversion ENABLE TRIGGER version_is_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0010_version_slices")]
    operations = [
        migrations.RunSQL(
            RENAME.format(before="(no value)", after=""),
            RENAME.format(before="", after="(no value)"),
        )
    ]
