"""One class of a dataset may be several of the model: a mapping has lists of names.

Reports are immutable, so their trigger is off while this runs.
"""

from django.db import migrations, models

OFF = "ALTER TABLE classifier_evaluationreport DISABLE TRIGGER report_is_immutable;"
ON = "ALTER TABLE classifier_evaluationreport ENABLE TRIGGER report_is_immutable;"
LISTS = """
UPDATE classifier_evaluationreport SET class_mapping = (
    SELECT jsonb_object_agg(key, jsonb_build_array(value)) FROM jsonb_each(class_mapping))
WHERE class_mapping <> '{}'::jsonb;
"""
# A list of other than one name has no shape of before: the first is kept.
NAMES = """
UPDATE classifier_evaluationreport SET class_mapping = (
    SELECT coalesce(jsonb_object_agg(key, value -> 0), '{}'::jsonb) FROM jsonb_each(class_mapping)
    WHERE jsonb_array_length(value) > 0)
WHERE class_mapping <> '{}'::jsonb;
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0022_report_further")]
    operations = [
        migrations.AddField(
            model_name="evaluationreport",
            name="other_classes",
            field=models.CharField(
                choices=[("wrong", "A mistake"), ("left_out", "Left out")],
                default="wrong",
                max_length=10,
            ),
        ),
        migrations.RunSQL(OFF + LISTS + ON, OFF + NAMES + ON),
    ]
