"""Quotas under N + 50 requests at once, over HTTP: exactly N pass."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.conf import settings

from accounts.quotas import PersonalQuota, Quota
from accounts.selectors.usage import personal_usage, usage_of
from jobs.models import TERMINAL, Job
from jobs.services.withdraw import withdraw
from tests import factories
from tests.attack.chapter import Attack, Chapter
from tests.attack.world import bearer
from tests.datasets.conftest import png
from tests.permissions import matrix

N = 10
MORE = 50
SECONDS = 120


def attack(attack: Attack, chapter: Chapter) -> None:
    """Use up each quota by a person of its own."""
    _datasets(attack, chapter)
    _personal(attack, chapter)
    if attack.short:
        return
    _images_and_bytes(attack, chapter)
    _predictions(attack, chapter)
    _jobs(attack, chapter)


def _person(attack: Attack) -> tuple:
    person = factories.make_user()
    attack.world.people[person.username] = person
    return person, bearer(
        matrix.make_token(attack.world, person.username, ["read", "write", "predict", "admin"])
    )


def _at_once(number: int, send: Callable[[int], object]) -> Counter:
    """Send so many at the same moment; who is told to come again does. Return the answers."""
    start = Barrier(number)

    def one(index: int) -> tuple[int, str]:
        start.wait()
        deadline = time.monotonic() + SECONDS
        while True:
            answer = send(index)
            code = answer.json().get("code", "") if answer.status_code >= 400 else ""
            busy = answer.status_code == 503 or (
                answer.status_code == 429 and code != "quota_exceeded"
            )
            if not busy or time.monotonic() > deadline:
                return answer.status_code, code
            time.sleep(0.5)

    with ThreadPoolExecutor(number) as pool:
        return Counter(pool.map(one, range(number)))


def _exactly(chapter: Chapter, quota: object, answers: Counter, passed: int, allowed: int) -> None:
    refused = sum(count for (_, code), count in answers.items() if code == "quota_exceeded")
    total = answers.total()
    chapter.check(passed == allowed, f"{quota}: exactly {allowed} of {total} pass", answers)
    chapter.check(refused == total - allowed, f"{quota}: the others are refused by name", answers)
    chapter.figures.append(f"{quota}: {passed} of {total} at once passed, {allowed} were allowed")


def _datasets(attack: Attack, chapter: Chapter) -> None:
    person, headers = _person(attack)
    organization = person.personal_organization
    organization.max_datasets = N
    organization.save()
    answers = _at_once(
        N + MORE,
        lambda n: attack.target.send(
            "POST", "/api/v1/datasets/", headers=headers, json={"name": f"Dataset {n}"}
        ),
    )
    _exactly(chapter, Quota.DATASETS, answers, answers[201, ""], N)
    chapter.check(usage_of(organization)[Quota.DATASETS] == (N, N), "datasets that are there")


def _personal(attack: Attack, chapter: Chapter) -> None:
    """What a person may have is the same for all here; so there are more requests."""
    for quota, path in (
        (PersonalQuota.ORGANIZATIONS, "/api/v1/organizations/"),
        (PersonalQuota.TOKENS, "/api/v1/auth/tokens/"),
    ):
        person, headers = _person(attack)
        allowed = settings.QUOTAS[f"{quota.value}_per_person"]
        room = allowed - personal_usage(person, quota).used
        answers = _at_once(
            room + MORE,
            lambda n, path=path, headers=headers: attack.target.send(
                "POST", path, headers=headers, json={"name": f"Thing {n}"}
            ),
        )
        _exactly(chapter, quota, answers, answers[201, ""], room)
        used = personal_usage(person, quota)
        chapter.check(used == (allowed, allowed), f"{quota} that are there", used)


def _images_and_bytes(attack: Attack, chapter: Chapter) -> None:
    for quota in (Quota.IMAGES, Quota.BYTES):
        person, headers = _person(attack)
        organization = person.personal_organization
        dataset = factories.make_dataset(organization, person)
        size = max(len(png(1000 + n)) for n in range(N + MORE))
        setattr(organization, quota.field, N if quota is Quota.IMAGES else N * size)
        organization.save()
        answers = _at_once(
            N + MORE,
            lambda n, dataset=dataset, headers=headers: attack.target.send(
                "POST",
                f"/api/v1/datasets/{dataset.pk}/images/",
                headers=headers,
                files={"images": (f"{n}.png", png(1000 + n))},
            ),
        )
        used, allowed = usage_of(organization)[quota]
        if quota is Quota.IMAGES:
            _exactly(chapter, quota, answers, answers[207, ""], N)
            chapter.check(used == N, "images that are there", used)
        else:
            # Files have nearly the same size: none more would have fitted.
            chapter.check(used <= allowed < used + size, "bytes: as many as fit", (used, allowed))
            chapter.figures.append(
                f"{quota}: {used:,} of {allowed:,} used after {N + MORE} at once"
            )


def _predictions(attack: Attack, chapter: Chapter) -> None:
    person = attack.world.attacker
    headers = bearer(attack.world.tokens["attacker"])
    organization = person.personal_organization
    used = usage_of(organization)[Quota.PREDICTIONS].used
    organization.max_predictions_per_hour = used + N
    organization.save()
    path = f"/api/v1/models/{attack.world.shared_model_of_attacker.pk}/predict/"
    answers = _at_once(
        N + MORE,
        lambda n: attack.target.send(
            "POST", path, headers=headers, files={"images": ("a.png", png(n))}
        ),
    )
    _exactly(chapter, Quota.PREDICTIONS, answers, answers[200, ""], N)
    organization.max_predictions_per_hour = None
    organization.save()


def _jobs(attack: Attack, chapter: Chapter) -> None:
    """Jobs may end meanwhile, and each makes room for one more."""
    person, headers = _person(attack)
    organization = person.personal_organization
    version = factories.make_version(user=person)
    jobs = Job.objects.filter(organization=organization)
    withdraw(jobs=jobs)
    organization.max_jobs = N
    organization.save()
    body = {"dataset_version": str(version.pk), "preset": "cnn_tiny"}
    answers = _at_once(
        N + MORE,
        lambda n: attack.target.send("POST", "/api/v1/training-runs/", headers=headers, json=body),
    )
    ended = jobs.filter(status__in=TERMINAL, kind="train").count()
    passed = answers[202, ""]
    chapter.check(N <= passed <= N + ended, f"jobs: {N} at a time, {ended} ended", answers)
    chapter.figures.append(f"{Quota.JOBS}: {passed} of {N + MORE} passed, {ended} ended meanwhile")
    withdraw(jobs=jobs)
