"""Names in NFC, as they are stored and looked for from now on: macOS writes some letters as two."""

from django.db import migrations

NORMALIZE = """
UPDATE classifier_{table} SET name = left(normalize(name, NFC), {most})
    WHERE name IS NOT NFC NORMALIZED;
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0006_first_run")]
    operations = [
        migrations.RunSQL(NORMALIZE.format(table=table, most=most), migrations.RunSQL.noop)
        for table, most in (("trainingrun", 120), ("registeredmodel", 120))
    ]
