"""All chapters, one after the other, against one platform."""

import time
from pathlib import Path

from tests.attack import archives, bodies, climbing, headers, images, load, names, people, quotas
from tests.attack.chapter import Attack, Chapter, Work
from tests.attack.target import Target
from tests.attack.world import make_world
from tests.classifier.trained import Trained

CHAPTERS: dict[str, tuple[str, Work]] = {
    "people": ("every route as every kind of person", people.attack),
    "climbing": ("ways up: tokens, roles, staff", climbing.attack),
    "archives": ("crafted archives", archives.attack),
    "images": ("crafted images", images.attack),
    "bodies": ("crafted bodies and connections", bodies.attack),
    "names": ("names that are code", names.attack),
    "quotas": ("quotas under N + 50 at once", quotas.attack),
    "load": ("one person's flood", load.attack),
    # The last: it uses up the guesses of passwords that this address has.
    "headers": ("crafted addresses and headers", headers.attack),
}


def run(
    target: Target, trained: Trained, folder: Path, *, short: bool, names: list[str] | None = None
) -> list[Chapter]:
    """Attack `target`, whose database this process is connected to; return what each chapter found.

    `folder` is for files on their way; `names` chooses chapters.
    """
    unknown = set(names or ()) - set(CHAPTERS)
    if unknown:
        raise SystemExit(f"No such chapter: {', '.join(unknown)}. There are {', '.join(CHAPTERS)}.")
    attack = Attack(target, make_world(trained, folder), short)
    done = []
    for name in names or CHAPTERS:
        title, work = CHAPTERS[name]
        started = time.monotonic()
        work(attack, chapter := Chapter(title))
        seconds = time.monotonic() - started
        held = chapter.checks - len(chapter.failed)
        print(f"{title}: {held:,} of {chapter.checks:,} held, {seconds:.0f} s", flush=True)
        for line in (*chapter.figures, *chapter.failed):
            print(f"  {line}", flush=True)
        done.append(chapter)
    done.append(_no_faults_of_ours(target))
    return done


def _no_faults_of_ours(target: Target) -> Chapter:
    chapter = Chapter("no answer of 500 among all of them")
    chapter.checks = target.statuses.total()
    chapter.failed = list(target.broken)
    answered = sorted(target.statuses.items())
    chapter.figures.append(", ".join(f"{status} × {count:,}" for status, count in answered))
    alive = target.send("GET", "/healthz/ready")
    chapter.check(alive.status_code == 200, "the platform is ready after all", alive.text)
    for line in (*chapter.figures, *chapter.failed):
        print(f"  {line}", flush=True)
    return chapter
