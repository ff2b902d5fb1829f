"""The state machine, held by the database: allowed moves only, and an end is an end."""

from django.db import migrations

CREATE = """
CREATE FUNCTION jobs_guard_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status IN ('succeeded', 'failed', 'cancelled') THEN
        IF (NEW.status, NEW.attempts, NEW.fence, NEW.ended_at, NEW.error, NEW.result, NEW.payload)
           IS DISTINCT FROM
           (OLD.status, OLD.attempts, OLD.fence, OLD.ended_at, OLD.error, OLD.result, OLD.payload)
        THEN
            RAISE EXCEPTION 'job % has ended as %; it never changes again', OLD.id, OLD.status
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.status <> OLD.status AND NOT (OLD.status, NEW.status) IN (
        ('pending', 'queued'), ('pending', 'cancelled'),
        ('queued', 'running'), ('queued', 'cancelled'),
        ('running', 'succeeded'), ('running', 'failed'), ('running', 'cancelled'),
        ('running', 'retry_wait'),
        ('retry_wait', 'queued'), ('retry_wait', 'cancelled')
    ) THEN
        RAISE EXCEPTION 'job %: % may not become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.fence < OLD.fence OR (NEW.status = 'running' AND OLD.status <> 'running'
                                 AND NEW.fence <= OLD.fence) THEN
        RAISE EXCEPTION 'job %: the fence only grows', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_status_guard BEFORE UPDATE ON jobs_job
    FOR EACH ROW EXECUTE FUNCTION jobs_guard_status();
"""
DROP = """
DROP TRIGGER job_status_guard ON jobs_job;
DROP FUNCTION jobs_guard_status();
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
