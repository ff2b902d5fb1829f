"""Model versions, alias changes, reports and predictions are written once: the database says so."""

from django.db import migrations

CREATE = """
CREATE FUNCTION classifier_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- A ready-made version gets its files on first use; from then on it is like the others.
CREATE TRIGGER model_version_is_immutable BEFORE UPDATE ON classifier_modelversion
    FOR EACH ROW WHEN (OLD.files <> '{}'::jsonb) EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER alias_change_is_immutable BEFORE UPDATE OR DELETE ON classifier_aliaschange
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
-- The person who asked may leave (created_by becomes null); the numbers stay.
CREATE TRIGGER report_is_immutable BEFORE UPDATE ON classifier_evaluationreport
    FOR EACH ROW WHEN (
        OLD.metrics IS NOT NULL
        AND (to_jsonb(NEW) - 'created_by_id') IS DISTINCT FROM (to_jsonb(OLD) - 'created_by_id')
    ) EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER prediction_is_immutable BEFORE UPDATE ON classifier_prediction
    FOR EACH ROW WHEN (
        (to_jsonb(NEW) - 'created_by_id') IS DISTINCT FROM (to_jsonb(OLD) - 'created_by_id')
    ) EXECUTE FUNCTION classifier_refuse_change();
"""
DROP = """
DROP TRIGGER prediction_is_immutable ON classifier_prediction;
DROP TRIGGER report_is_immutable ON classifier_evaluationreport;
DROP TRIGGER alias_change_is_immutable ON classifier_aliaschange;
DROP TRIGGER model_version_stays ON classifier_modelversion;
DROP TRIGGER model_version_is_immutable ON classifier_modelversion;
DROP FUNCTION classifier_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
