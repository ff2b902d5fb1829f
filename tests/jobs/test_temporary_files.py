"""What libraries leave where temporary files go is removed with the attempt."""

import json
import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from jobs.models import Job
from jobs.services.enqueue import enqueue
from jobs.supervision.supervisor import supervise_next
from jobs.supervision.sweep import sweep_folders
from storage import scratch
from tests.jobs.testkinds.kinds import TRAIN_LIGHT


def test_an_attempt_leaves_no_temporary_file(user, tmp_path, own_warm_process):
    """Nor one that is killed."""
    for misbehave, status in ("litter", "succeeded"), ("litter_and_die", "retry_wait"):
        journal = tmp_path / misbehave
        journal.touch()
        job = enqueue(
            kind=TRAIN_LIGHT,
            organization=user.personal_organization,
            created_by=user,
            title="Leaves something",
            payload={"steps": 1, "seconds": 0, "journal": str(journal), "misbehave": misbehave},
        )
        Job.objects.filter(pk=job.pk).update(status="queued")
        supervise_next(queue="train", worker="w:1", shutting_down=lambda: False)
        job.refresh_from_db()
        assert job.status == status, job.error
        notes = map(json.loads, journal.read_text().splitlines())
        (path,) = (Path(note["path"]) for note in notes if note["what"] == "litter")
        assert path.parent == scratch.temporary_dir(job.pk, 1)
        assert not path.parent.exists()
        assert Path(tempfile.gettempdir()) != path.parent


def test_what_an_attempt_left_whose_worker_was_killed_is_swept(running, settings):
    folder = scratch.temporary_dir(running.pk, running.fence)
    folder.mkdir(parents=True)
    (folder / "left").touch()
    settings.JOB_LEASE_SECONDS = -1
    sweep_folders()
    assert folder.exists(), "the job is not over"
    ended = timezone.now() - timedelta(hours=1)
    Job.objects.update(status="failed", ended_at=ended, tidied_at=ended)
    sweep_folders()
    assert not folder.exists()
