"""Organizations that keep predictions say so in their own row."""

from django.db import migrations

MARK = """
UPDATE accounts_organization SET keeps_predictions = true
WHERE id IN (SELECT organization_id FROM classifier_predictionkeeping WHERE enabled);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0043_promises_of_a_wish"),
        ("accounts", "0011_keeps_predictions"),
    ]
    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
