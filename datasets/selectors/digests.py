"""The digest of a version: of what it is made, and told again from its rows."""

import hashlib
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from django.db.models.functions import Collate

from datasets.models import DatasetVersion, Sample, Split


def digest_of(rows: Iterable[tuple[str, str, str]]) -> str:
    """Return a SHA-256 over every (content, split, class), in an order of its own.

    The rows come in the order of their contents' hashes; never all are held. How the split came
    about (strategy, shares, seed, kept test images) is no part of it.
    """
    digest = hashlib.sha256()
    # In the order of the lines, which hashes of one length begin.
    for _, same in groupby(rows, itemgetter(0)):
        for line in sorted("\t".join(row) + "\n" for row in same):
            digest.update(line.encode())
    return digest.hexdigest()


def digest_of_samples(version: DatasetVersion) -> str:
    """Return the SHA-256 that `freeze` gave the version, if its samples are what they were."""
    # Some languages sort "aa" after "z".
    samples = Sample.objects.filter(version=version).order_by(Collate("sha256", "C"))
    rows = samples.values_list("sha256", "split", "class_index").iterator(10_000)
    return digest_of(
        (sha256, str(Split(split).label), version.class_names[index])
        for sha256, split, index in rows
    )
