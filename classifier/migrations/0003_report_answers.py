"""What was answered to each image of a report is kept, and is as immutable as the report."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TRIGGER report_answers_are_immutable BEFORE UPDATE ON classifier_reportanswers
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
"""
DROP = "DROP TRIGGER report_answers_are_immutable ON classifier_reportanswers;"


class Migration(migrations.Migration):
    dependencies = [("classifier", "0002_immutable_versions")]
    operations = [
        migrations.CreateModel(
            name="ReportAnswers",
            fields=[
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="answers",
                        serialize=False,
                        to="classifier.evaluationreport",
                    ),
                ),
                ("samples_digest", models.CharField(max_length=64)),
                ("correct", models.BinaryField()),
                ("predicted", models.BinaryField()),
                ("probability", models.BinaryField()),
            ],
            options={"verbose_name_plural": "report answers"},
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
