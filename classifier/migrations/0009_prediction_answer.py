"""What a prediction keeps is an answer with the number of its shape, no longer a bare list.

Rows of before keep their list: they are immutable, and `ImageAnswer` reads it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classifier", "0008_run_time_limit")]
    operations = [migrations.RenameField("prediction", "classes", "answer")]
