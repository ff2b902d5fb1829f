"""Runs and models can be archived, and a model deleted as a whole.

Versions and history still cannot be deleted one by one: only in a transaction that says, by the
setting `loupe.deleted_model`, that their whole model goes.
"""

from django.db import migrations, models

CREATE = """
CREATE FUNCTION classifier_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('loupe.deleted_model', true) = OLD.model_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows are immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER model_version_stays ON classifier_modelversion;
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_delete();
DROP TRIGGER alias_change_is_immutable ON classifier_aliaschange;
CREATE TRIGGER alias_change_is_immutable BEFORE UPDATE ON classifier_aliaschange
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
CREATE TRIGGER alias_change_stays BEFORE DELETE ON classifier_aliaschange
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_delete();
"""
DROP = """
DROP TRIGGER alias_change_stays ON classifier_aliaschange;
DROP TRIGGER alias_change_is_immutable ON classifier_aliaschange;
CREATE TRIGGER alias_change_is_immutable BEFORE UPDATE OR DELETE ON classifier_aliaschange
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
DROP TRIGGER model_version_stays ON classifier_modelversion;
CREATE TRIGGER model_version_stays BEFORE DELETE ON classifier_modelversion
    FOR EACH ROW EXECUTE FUNCTION classifier_refuse_change();
DROP FUNCTION classifier_refuse_delete();
"""


class Migration(migrations.Migration):
    dependencies = [("classifier", "0004_slices_without_a_value")]
    operations = [
        migrations.AddField(
            model_name="registeredmodel",
            name="archived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="archived_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
