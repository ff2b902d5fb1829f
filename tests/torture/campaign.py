"""One campaign: jobs come in, harm is done, everything settles, and is looked at."""

import argparse
import random
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.services.sign_up import create_account
from jobs.models import TERMINAL, Job
from jobs.selectors.retries import to_be_tidied
from tests.torture.chaos import Chaos
from tests.torture.helped_imports import HelpedImports, told
from tests.torture.installation import Installation
from tests.torture.load import Expectation, cancel_one, steps
from tests.torture.real_work import MANY_ATTEMPTS, RealWork
from tests.torture.verdict import Verdict, judge

# Without the end of any job, or anything tidied, for so long: what is open then is lost.
SETTLE_SECONDS = 400
# Between acts of harm.
PACE_SECONDS = (0.2, 1.2)


class Campaign:
    """From a seed: the same jobs and the same intentions, though never the same timing."""

    def __init__(
        self, installation: Installation, options: argparse.Namespace, folder: Path
    ) -> None:
        self._installation = installation
        self._options = options
        self._folder = folder / "work"
        self._folder.mkdir()
        self._rng = random.Random(options.seed)
        self._chaos = Chaos(installation, random.Random(options.seed + 1))
        self._expectations: list[Expectation] = []
        self._real_work = RealWork(random.Random(options.seed + 2), options.trainings)
        self._helped = HelpedImports(random.Random(options.seed + 3), options.helped)

    def run(self) -> Verdict:
        """Return what it has shown."""
        started = time.monotonic()
        installation = self._installation
        installation.keep()
        while not all(
            installation.workers.ready(name) for name in ("io", "train", "instant", "beat")
        ):
            time.sleep(0.2)
        people = [
            create_account(username=f"person{number}", email="", password=None)
            for number in range(3)
        ]
        self._disturb(people)
        self._settle(people)
        return judge(
            self._expectations,
            self._chaos.hits,
            installation.remnants(),
            seed=self._options.seed,
            trainings=self._options.trainings,
            help=told(self._chaos.hits) if self._options.helped else {},
            harm=dict(self._chaos.counts()),
            lease_seconds=settings.JOB_LEASE_SECONDS,
            seconds=round(time.monotonic() - started),
        )

    def _disturb(self, people: list) -> None:
        """Let jobs come in, a few always waiting, while harm is done."""
        options, number = self._options, 0
        struck_at = told_at = 0.0
        while self._chaos.kills < options.kills:
            self._let_work_come(people)
            waiting = Job.objects.exclude(status__in=TERMINAL).count()
            room = waiting < 8 and not self._helped.under_way
            if room and (number < options.jobs or waiting == 0):
                self._expectations.append(steps(self._rng, people, self._folder, number))
                number += 1
            due = time.monotonic() - struck_at > self._rng.uniform(*PACE_SECONDS)
            calm = self._real_work.complete and self._helped.complete
            if due and (calm or self._real_work.trains or self._helped.at_work):
                self._chaos.strike()
                struck_at = time.monotonic()
            if self._rng.random() < 0.1:
                cancel_one(self._rng, self._expectations)
            self._installation.keep()
            if time.monotonic() - told_at > 10:
                told_at = time.monotonic()
                done = Job.objects.filter(status__in=TERMINAL).count()
                begun = len(self._expectations)
                print(f"{self._chaos.kills} kills, {done} of {begun} jobs ended", flush=True)
            time.sleep(0.1)

    def _settle(self, people: list) -> None:
        """Do no more harm; wait until every job has ended and everything is tidy."""
        self._chaos.wake()
        moved_at, before = time.monotonic(), (0, 0)
        while time.monotonic() - moved_at < SETTLE_SECONDS:
            self._installation.keep()
            self._let_work_come(people)
            ended = Job.objects.filter(status__in=TERMINAL)
            now = ended.count(), ended.exclude(tidied_at=None).count()
            if now != before:
                moved_at, before = time.monotonic(), now
            complete = self._real_work.complete and self._helped.complete
            if complete and ended.count() == Job.objects.count() and not to_be_tidied().exists():
                break
            time.sleep(0.5)
        # One more round of the sweep, for what paused processes wrote late.
        time.sleep(settings.JOB_LEASE_SECONDS + 2 * settings.JOB_TIDY_SECONDS)
        connection.close()

    def _let_work_come(self, people: list) -> None:
        """Go on with the real work; what comes out of it by itself is as stubborn as the rest."""
        self._expectations += self._real_work.go_on(people)
        self._expectations += self._helped.go_on(people)
        Job.objects.exclude(status__in=TERMINAL).filter(max_attempts__lt=MANY_ATTEMPTS).update(
            max_attempts=MANY_ATTEMPTS
        )
