"""What happens to hosts, and what must come of it: the fault table of docs/jobs.md, over hosts.

Each returns a sentence with its figures, and raises `AssertionError` where the table does not hold.
"""

import re
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import close_old_connections

from classifier.models import ModelVersion
from datasets.kinds import IMPORT_ARCHIVE
from datasets.models import Image
from jobs.models import Job, Outcome, Status
from tests.conftest import wait_until
from tests.hosts.installation import WORKERS, Installation
from tests.hosts.person import (
    Person,
    attempts_of,
    epochs_of,
    host_of,
    version_of,
    wait_for_end,
)

EPOCHS = 60
_GOES_ON = re.compile(r"goes on from epoch-(\d+) of another machine")


def both_hosts_work(there: Installation, person: Person) -> str:
    """An import, a training and predictions; each host has a data folder of its own."""
    images = _imported(there, person, seed=1)
    job = _trained(there, person, epochs=5)
    answers = [person.predict(version_of(job).model_id) for _ in range(12)]
    assert {_best(answer) for answer in answers} == {"light"}, answers
    served = [name for name in WORKERS if "predict worker is ready" in there.log(name)]
    left = there.hosts["web"].run("ls", str(there.hosts["web"].data_dir / "scratch"))
    assert "jobs" not in left.split(), left
    return f"{images} images, a model, 12 predictions, by the hosts {' and '.join(served)}"


def one_is_killed(there: Installation, person: Person) -> str:
    """Power is lost on the host that trains: the other goes on from its last checkpoint."""
    job = person.start_training(EPOCHS)
    lost = _training_host(there, job, least=12)
    done, began = epochs_of(job), time.monotonic()
    there.hosts[lost].kill()
    [other] = set(WORKERS) - {lost}
    answer = person.predict(_any_model(person))
    assert _best(answer) == "light", answer
    _ended_well(there, job)
    seconds = time.monotonic() - began
    found = attempts_of(job)
    assert [each.outcome for each in found] == [Outcome.LOST, Outcome.SUCCEEDED], found
    assert host_of(job) == other
    taken = (found[1].started_at - found[0].ended_at).total_seconds()
    gone = done - _went_on_from(job)
    _no_checkpoint_is_left(there, job)
    there.start(lost)
    return (
        f"killed at epoch {done} of {EPOCHS}; the other host had it {taken:.1f} s after the lease "
        f"had ended, {gone} epochs were done again; one version after {seconds:.0f} s; predictions "
        "were answered meanwhile"
    )


def ones_cable_is_pulled(there: Installation, person: Person) -> str:
    """The host that trains reaches no other for longer than its lease, then comes back."""
    job = person.start_training(EPOCHS)
    away = _training_host(there, job, least=12)
    there.hosts[away].unplug()
    wait_until(lambda: len(attempts_of(job)) == 2, 90, lambda: there.log(away))
    time.sleep(3)
    there.hosts[away].plug_in()
    _ended_well(there, job)
    assert host_of(job) != away
    assert "is no longer ours, stopped" in there.log(away), there.log(away)[-3000:]
    _no_checkpoint_is_left(there, job)
    # It works again, without being started.
    [other] = set(WORKERS) - {away}
    there.hosts[other].kill()
    images = _imported(there, person, seed=2)
    assert host_of(Job.objects.filter(kind=IMPORT_ARCHIVE.name).latest("created_at")) == away
    answer = person.predict(version_of(job).model_id)
    assert _best(answer) == "light", answer
    there.start(other)
    return (
        f"the other host took the training over, one version; {away} stopped its own, and after "
        f"that alone imported {images} images and answered predictions"
    )


def disks_are_full(there: Installation, person: Person) -> str:
    """Nothing can be written on either host: the job says so; once there is room, it is retried."""
    before = Image.objects.count()
    _fill(there)
    job = person.start_import(100, seed=3)
    wait_for_end(job, lambda: _logs(there))
    assert job.status == Status.FAILED, job.status
    assert job.error["code"] == "disk_full", job.error
    assert Image.objects.count() == before
    for name in WORKERS:
        there.hosts[name].run("rm", str(there.hosts[name].data_dir / "filler"))
    again = person.api.post(f"jobs/{job.pk}/retry/", starts_work=True)
    retry = wait_for_end(Job.objects.get(pk=again["id"]), lambda: _logs(there))
    assert retry.status == Status.SUCCEEDED, retry.error
    return f"{job.error['detail']} Retried with room: {Image.objects.count() - before} images"


def clocks_are_wrong(there: Installation, person: Person) -> str:
    """One host is five minutes ahead and the other behind."""
    for name in WORKERS:
        there.hosts[name].kill()
    there.start(*WORKERS, clocks={"a": 300, "b": -300})
    images = _imported(there, person, seed=4)
    job = _trained(there, person, epochs=12)
    [attempt] = attempts_of(job)
    off = abs(attempt.started_at - job.created_at)
    assert off < timedelta(minutes=4), attempt.started_at
    queued = []
    for _ in range(12):
        answer = person.predict(version_of(job).model_id)
        assert _best(answer) == "light", answer
        queued.append(answer["timing"]["queue_ms"])
    assert 0 <= min(queued) <= max(queued) < 5000, queued
    for name in WORKERS:
        there.hosts[name].kill()
    there.start(*WORKERS)
    return f"{images} images, a model in one attempt, 12 predictions, at most {max(queued)} ms late"


def scratch_is_lost(there: Installation, person: Person) -> str:
    """All that the host which trains has on its own disk is gone in the middle."""
    job = person.start_training(EPOCHS)
    host = there.hosts[_training_host(there, job, least=12)]
    host.run("sh", "-c", f"rm -rf {host.data_dir}/scratch/*")
    _ended_well(there, job)
    answer = person.predict(version_of(job).model_id)
    assert _best(answer) == "light", answer
    _no_checkpoint_is_left(there, job)
    return f"one version, in {len(attempts_of(job))} attempts"


FAULTS: dict[str, Callable[[Installation, Person], str]] = {
    "work": both_hosts_work,
    "kill": one_is_killed,
    "cable": ones_cable_is_pulled,
    "disk": disks_are_full,
    "clock": clocks_are_wrong,
    "scratch": scratch_is_lost,
}


def _imported(there: Installation, person: Person, seed: int) -> int:
    before = Image.objects.count()
    job = wait_for_end(person.start_import(150, seed), lambda: _logs(there))
    assert job.status == Status.SUCCEEDED, (job.error, _logs(there))
    return Image.objects.count() - before


def _trained(there: Installation, person: Person, epochs: int) -> Job:
    job = person.start_training(epochs)
    _ended_well(there, job)
    return job


def _ended_well(there: Installation, job: Job) -> None:
    wait_for_end(job, lambda: _logs(there))
    assert job.status == Status.SUCCEEDED, (job.error, _logs(there))
    assert ModelVersion.objects.filter(training_run__job=job).count() == 1
    epochs = epochs_of(job)
    assert epochs == version_of(job).training_run.config["epochs"], epochs


def _no_checkpoint_is_left(there: Installation, job: Job) -> None:
    kept = f"**/checkpoints/{job.lineage}/*"
    wait_until(lambda: not list(there.services.bucket.glob(kept)), 120, lambda: kept)


def _training_host(there: Installation, job: Job, least: int) -> str:
    """Return the host that trains, once so many epochs are done and one has been sent."""
    wait_until(lambda: epochs_of(job) >= least, 600, lambda: _logs(there))
    close_old_connections()
    return host_of(job)


def _went_on_from(job: Job) -> int:
    """Return the epoch whose checkpoint the last attempt has fetched; 0 where it fetched none."""
    # The log comes a moment after the end.
    wait_until(lambda: attempts_of(job)[-1].log_tail, 30)
    found = _GOES_ON.search(attempts_of(job)[-1].log_tail)
    return int(found[1]) if found else 0


def _fill(there: Installation) -> None:
    for name in WORKERS:
        place = there.hosts[name].data_dir / "filler"
        there.hosts[name].run("sh", "-c", f"cat /dev/zero > {place} 2>/dev/null || true")


def _any_model(person: Person):
    return ModelVersion.objects.filter(training_run__created_by=person.user).first().model_id


def _best(answer: dict) -> str:
    return answer["predictions"][0]["classes"][0]["class_name"]


def _logs(there: Installation) -> str:
    return "\n".join(f"--- {name}\n{there.log(name)[-2500:]}" for name in WORKERS)
