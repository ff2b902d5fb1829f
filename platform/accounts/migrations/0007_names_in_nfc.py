"""Names in NFC, as they are stored and looked for from now on: macOS writes some letters as two."""

from django.db import migrations

NORMALIZE = """
UPDATE accounts_{table} SET name = left(normalize(name, NFC), {most})
    WHERE name IS NOT NFC NORMALIZED;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_audit_address")]
    operations = [
        migrations.RunSQL(NORMALIZE.format(table=table, most=most), migrations.RunSQL.noop)
        for table, most in (("apitoken", 80), ("organization", 120))
    ]
