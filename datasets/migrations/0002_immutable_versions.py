"""Versions and their samples are written once: the database refuses UPDATE and DELETE."""

from django.db import migrations

CREATE = """
CREATE FUNCTION datasets_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_is_immutable BEFORE UPDATE OR DELETE ON datasets_datasetversion
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse_change();
CREATE TRIGGER sample_is_immutable BEFORE UPDATE OR DELETE ON datasets_sample
    FOR EACH ROW EXECUTE FUNCTION datasets_refuse_change();
"""
DROP = """
DROP TRIGGER sample_is_immutable ON datasets_sample;
DROP TRIGGER version_is_immutable ON datasets_datasetversion;
DROP FUNCTION datasets_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
