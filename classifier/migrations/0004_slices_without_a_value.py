"""The slice of images without a value is named by nothing: a person can give "(no value)".

Reports are immutable, so their trigger is off while this runs.
"""

from django.db import migrations

RENAME = """
ALTER TABLE classifier_evaluationreport DISABLE TRIGGER report_is_immutable;
UPDATE classifier_evaluationreport AS report SET metrics = jsonb_set(metrics, '{{slices}}', (
    SELECT jsonb_agg(
        CASE WHEN slice ->> 'value' = '{before}'
            THEN slice || jsonb_build_object('value', '{after}') ELSE slice END ORDER BY place
    ) FROM jsonb_array_elements(report.metrics -> 'slices') WITH ORDINALITY AS each(slice, place)
))
WHERE jsonb_typeof(metrics -> 'slices') = 'array' AND jsonb_array_length(metrics -> 'slices') > 0;
ALTER TABLE classifier_evaluationreport ENABLE TRIGGER report_is_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0003_report_answers")]
    operations = [
        migrations.RunSQL(
            RENAME.format(before="(no value)", after=""),
            RENAME.format(before="", after="(no value)"),
        )
    ]
