"""What was answered about an image that is forgotten is taken out of a report's answers.

Only in a transaction that says so by the setting `loupe.forgets`.
"""

from django.db import migrations

CREATE = """
DROP TRIGGER report_answers_are_immutable ON classifier_reportanswers;
CREATE TRIGGER report_answers_are_immutable BEFORE UPDATE ON classifier_reportanswers
    FOR EACH ROW WHEN (coalesce(current_setting('loupe.forgets', true), '') <> 'on')
    EXECUTE FUNCTION classifier_refuse_change();
"""
DROP = """
DROP TRIGGER report_answers_are_immutable ON classifier_reportanswers;
CREATE TRIGGER report_answers_are_immutable BEFORE UPDATE ON classifier_reportanswers
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0030_experiment_left_out"),
        ("datasets", "0028_forgotten_images"),
    ]
    operations = [migrations.RunSQL(CREATE, DROP)]
