"""Until now every image was stretched; the settings of earlier runs say so."""

from django.db import migrations

SAY_IT = """
UPDATE classifier_trainingrun SET config = config || '{"fit": "stretch"}' WHERE NOT config ? 'fit'
"""
TAKE_IT_BACK = """
UPDATE classifier_trainingrun SET config = config - 'fit' WHERE config ->> 'fit' = 'stretch'
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0013_run_finish")]
    operations = [migrations.RunSQL(SAY_IT, TAKE_IT_BACK)]
