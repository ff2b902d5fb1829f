"""Photographs of animals as a frozen version."""

from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.analysis.planting import ANIMALS, files_in


def make_animals(user, each: int = 20):
    """A frozen version of some photographs of each class."""
    dataset = factories.make_dataset(user=user, name="Animals")
    counts: dict[str, int] = {}
    files = []
    for name, content in files_in(ANIMALS, "validation/"):
        class_name = name.split("/")[1]
        counts[class_name] = counts.get(class_name, 0) + 1
        if counts[class_name] <= each:
            files.append((name.rpartition("/")[2], content, class_name))
    factories.add_files(dataset, files)
    return freeze(user=user, dataset=dataset)
