"""Names in NFC, as they are stored and looked for from now on: macOS writes file names in NFD.

Versions keep theirs, as their digest covers them.
"""

from django.db import migrations

NORMALIZE = """
UPDATE datasets_{table} SET {column} = left(normalize({column}, NFC), {most})
    WHERE {column} IS NOT NFC NORMALIZED;
"""
COLUMNS = (
    ("image", "name", 512), ("dataset", "name", 120), ("dataset", "description", 4000),
    ("import", "archive_name", 255), ("upload", "name", 255),
)  # fmt: skip
METADATA = """
UPDATE datasets_image SET metadata = normalize(metadata::text, NFC)::jsonb
    WHERE metadata <> '{}' AND metadata::text IS NOT NFC NORMALIZED;
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0012_import_readings")]
    operations = [
        *(
            migrations.RunSQL(
                NORMALIZE.format(table=table, column=column, most=most), migrations.RunSQL.noop
            )
            for table, column, most in COLUMNS
        ),
        migrations.RunSQL(METADATA, migrations.RunSQL.noop),
    ]
