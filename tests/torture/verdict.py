"""What a campaign has shown: lost, duplicated, damaged, orphaned, and how long recoveries took."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from datasets.models import ImportChunk
from jobs import kinds
from jobs.kinds import Queue
from jobs.models import Job, JobAttempt, Status
from storage import scratch
from tests.torture.chaos import Hit
from tests.torture.checks import instant_faults, media_faults, vector_faults
from tests.torture.load import Expectation


@dataclass
class Verdict:
    """The figures of one campaign; `faults` are sentences, empty when all is well."""

    date: str
    seed: int
    jobs: int
    trainings: int
    help: dict[str, int]
    harm: dict[str, int]
    hits: int
    kills: int
    training_kills: int
    attempts: int
    recoveries: int
    lost: int
    duplicated: int
    damaged: int
    orphans: int
    recovery_median_seconds: float | None
    recovery_worst_seconds: float | None
    lease_seconds: float
    seconds: float
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """One line for a log of campaigns."""
        return json.dumps(asdict(self))

    def as_row(self) -> str:
        """A row of the table in docs/benchmarks.md; HEADER names its columns."""
        cells = [
            self.date, self.seed, self.jobs, self.trainings, self.hits, self.kills,
            self.training_kills, self.recoveries, self.lost, self.duplicated, self.damaged,
            self.orphans, self.recovery_median_seconds, self.recovery_worst_seconds,
            self.lease_seconds,
        ]  # fmt: skip
        return "| " + " | ".join(map(str, cells)) + " |"


HEADER = """\
| date | seed | jobs | trainings | harm done | of it kills | of trainings | recoveries | lost \
| duplicated | damaged | orphans | median recovery, s | worst, s | lease, s |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def judge(
    expectations: list[Expectation], hits: list[Hit], remnants: list[str], **facts: Any
) -> Verdict:
    """Compare every job with the end it must have reached, and look for what was left behind."""
    faults: list[str] = []
    lost = duplicated = damaged = 0
    for one in expectations:
        one.job.refresh_from_db()
        job, results = one.job, one.results(one.job)
        right = 1 if job.status == Status.SUCCEEDED else 0
        if job.status not in one.ends or results < right:
            lost += 1
            faults.append(f"{job.title}: {job.status}, {results} results, {job.error}")
        if results > right:
            duplicated += 1
            faults.append(f"{job.title}: {job.status} with {results} results")
        if one.damage and job.status == Status.SUCCEEDED and (damage := one.damage(job)):
            damaged += 1
            faults += damage
    forgotten = _forgotten(expectations)
    lost += len(forgotten)
    faults += forgotten
    orphans = (
        _orphans(expectations) + media_faults() + vector_faults() + instant_faults() + remnants
    )
    faults += orphans
    times = _recoveries(hits)
    return Verdict(
        date=datetime.now(UTC).date().isoformat(),
        jobs=len(expectations),
        hits=len(hits),
        kills=sum(hit.way == "kill" for hit in hits),
        training_kills=sum(hit.way == "kill" and hit.queue == Queue.TRAIN for hit in hits),
        attempts=JobAttempt.objects.count(),
        recoveries=len(times),
        lost=lost,
        duplicated=duplicated,
        damaged=damaged,
        orphans=len(orphans),
        recovery_median_seconds=round(statistics.median(times), 1) if times else None,
        recovery_worst_seconds=round(max(times), 1) if times else None,
        faults=faults,
        **facts,
    )


def _orphans(expectations: list[Expectation]) -> list[str]:
    found = [
        f"left behind: {one.upload}" for one in expectations if one.upload and one.upload.exists()
    ]
    for folder in scratch.jobs_dir().glob("*"):
        job = Job.objects.filter(pk=folder.name).first()
        for path in folder.iterdir():
            result = job and job.status == Status.SUCCEEDED and path.name == str(job.fence)
            if not result:
                found.append(f"left behind: {path}")
    open_attempts = JobAttempt.objects.filter(outcome="").count()
    chunks = ImportChunk.objects.count()
    found += [f"{chunks} chunks of imports that have ended"] * bool(chunks)
    return found + [f"{open_attempts} attempts have no end"] * bool(open_attempts)


def _forgotten(expectations: list[Expectation]) -> list[str]:
    """Jobs that came out of others (help, quality checks) and did not do what they were for."""
    parts = [kind.name for kind in kinds.all_kinds() if kind.is_part]
    others = Job.objects.exclude(pk__in=[one.job.pk for one in expectations])
    done = others.filter(status=Status.SUCCEEDED) | others.filter(
        status=Status.CANCELLED, kind__in=parts
    )
    return [f"{job.title}: {job.status}, {job.error}" for job in others.exclude(pk__in=done)]


def _recoveries(hits: list[Hit]) -> list[float]:
    """Seconds from each hit on an attempt to the job's next one."""
    times = []
    for hit in hits:
        if not hit.job or hit.way == "stop":
            continue
        after = JobAttempt.objects.filter(
            job_id=hit.job, fence__gt=hit.fence, started_at__gt=hit.at
        ).order_by("fence")
        if (attempt := after.first()) is not None:
            times.append((attempt.started_at - hit.at).total_seconds())
    return times
