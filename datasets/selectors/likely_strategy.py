"""Which way to divide a dataset is suggested."""

from datasets.models import Dataset, Image, Strategy
from datasets.selectors.copies import copies_in, groups_across_folders


def likely_strategy(dataset: Dataset) -> tuple[str, str]:
    """Return the strategy to suggest, and why it is not the usual one.

    Folders, where labelled images came in a test or validation folder and no copy stands in two of
    them; grouped, where the last comparison found copies.
    """
    came_split = Image.objects.alive().filter(
        dataset=dataset, split__in=["validation", "test"], class_label__isnull=False
    )
    if came_split.exists():
        if across := groups_across_folders(dataset):
            pictures = "1 picture stands" if across == 1 else f"{across:,} pictures stand"
            return Strategy.GROUPED, f"{pictures} in more than one folder of the archive."
        return Strategy.FOLDER, ""
    if copies := copies_in(dataset):
        images = "1 image is a copy" if copies == 1 else f"{copies:,} images are copies"
        return Strategy.GROUPED, f"{images}, exact or near, of another one."
    return Strategy.STRATIFIED, ""
