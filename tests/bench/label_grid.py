"""2,409 animals labelled with the label grid by a scripted person; presses and clicks counted.

``python -m tests.bench.label_grid`` from the repository root; needs ../shared/data/animals.zip.
Each seed takes 2,409 of the 3,009 photographs, without folders, imports and embeds them, and
labels what the grid shows through its services, with a fit of the instant model after each screen.

The person sees what is wrong and uses the page's keys: a key of a class names the whole screen (1),
Space or a click marks one image as wrong (1), Enter confirms the rest (1). Moving the focus is not
counted: a click on an image takes its place. The person takes the way with fewer presses, and stops
once 99 % of the images have their right class.
"""

import argparse
import json
import os
import sys
import time
import uuid
import zipfile
from collections import Counter
from io import BytesIO
from statistics import mean

import tests.servers

tests.servers.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from accounts.models import User  # noqa: E402
from classifier.instant.work import fit  # noqa: E402
from datasets.models import Dataset, Image  # noqa: E402
from datasets.selectors.label_grid import GridScreen, grid_screen  # noqa: E402
from datasets.services.intake.start_import import start_import  # noqa: E402
from datasets.services.labelling.confirm_groups import Confirmed, confirm_groups  # noqa: E402
from jobs.handlers import load_handlers  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.jobs_here import do_all  # noqa: E402
from tests.conftest import SHARED_DATA_DIR  # noqa: E402

ANIMALS = SHARED_DATA_DIR / "animals.zip"
COUNT = 2_409
ENOUGH = 0.99


def mixed_up(seed: int) -> bytes:
    """A zip of 2,409 photographs whose names end in their class, in no folder."""
    stream = BytesIO()
    with zipfile.ZipFile(ANIMALS) as source, zipfile.ZipFile(stream, "w") as target:
        names = [info.filename for info in source.infolist() if not info.is_dir()]
        names = sorted(np.random.default_rng(seed).choice(names, COUNT, replace=False).tolist())
        for number, name in enumerate(names):
            target.writestr(f"{number:04d}-{name.split('/')[-2]}.jpg", source.read(name))
    return stream.getvalue()


def truth(image: Image) -> str:
    return image.name.rpartition("-")[2].partition(".")[0]


class Person:
    """Labels a dataset by the grid."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.presses = self.marks = self.named = 0
        self.screens: list[str] = []

    def right(self) -> float:
        images = Image.objects.filter(dataset=self.dataset, class_label__isnull=False)
        images = images.select_related("class_label")
        return sum(truth(image) == image.class_label.name for image in images) / COUNT

    def answer(self, screen: GridScreen) -> None:
        """Name the screen or leave what is suggested, mark what is wrong, confirm."""
        images = [image for group in screen.groups for image in group.images]
        commonest, count = Counter(truth(image) for image in images).most_common(1)[0]
        as_suggested = {group.class_name: group.images for group in screen.groups}
        wrong = sum(truth(i) != name for name, each in as_suggested.items() for i in each)
        named = None in as_suggested or 1 + len(images) - count < wrong
        groups = {commonest: images} if named else as_suggested
        confirmed = [
            Confirmed(
                name,
                [image.pk for image in each if truth(image) == name],
                [image.pk for image in each if truth(image) != name],
            )
            for name, each in groups.items()
        ]
        marks = sum(len(each.rejected) for each in confirmed)
        confirm_groups(user=self.dataset.created_by, dataset=self.dataset, groups=confirmed)
        self.screens.append(f"{screen.kind[:2]}{len(images)}-{marks}{'n' if named else ''}")
        self.marks += marks
        self.named += named
        self.presses += 1 + marks + named


def label(user: User, seed: int) -> dict[str, float]:
    dataset = factories.make_dataset(user=user, name=f"Animals {seed} {uuid.uuid4().hex[:6]}")
    start_import(user=user, dataset=dataset, archive=[mixed_up(seed)], archive_name=f"{seed}.zip")
    do_all()
    assert Image.objects.filter(dataset=dataset).count() >= COUNT - 5  # copies come once
    person, start = Person(dataset), time.perf_counter()
    while (right := person.right()) < ENOUGH and (screen := grid_screen(dataset)).groups:
        person.answer(screen)
        do_all()
    return {
        "seed": seed, "presses": person.presses, "screens": len(person.screens),
        "marks": person.marks, "named": person.named, "right": round(right, 4),
        "seconds": round(time.perf_counter() - start, 1), "marked": " ".join(person.screens),
    }  # fmt: skip


def main() -> None:
    if not ANIMALS.exists():
        sys.exit(f"{ANIMALS} is not there.")
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    seeds = arguments.parse_args().seeds
    call_command("migrate", verbosity=0)
    settings.WEIGHTS_DIR = SHARED_DATA_DIR / "weights"
    fit.LINGER_SECONDS = 0.0
    load_handlers()
    user = factories.make_user()
    rows = []
    for seed in range(seeds):
        rows.append(label(user, seed))
        print(json.dumps(rows[-1]), flush=True)
    print(f"mean of {seeds}: {mean(row['presses'] for row in rows):.1f} presses", flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        tests.servers.stop()
