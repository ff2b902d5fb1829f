import hashlib
from dataclasses import dataclass

import pytest

from common.imaging import decode_rgb
from datasets.analysis.fingerprint import Fingerprint, fingerprint
from tests.datasets.analysis.planting import ANIMALS, files_in


@dataclass
class Animals:
    """The animals set: names, contents' hashes, fingerprints and splits, in the order of names."""

    names: list[str]
    sha256: list[str]
    prints: list[Fingerprint]
    splits: list[str]


@pytest.fixture(scope="session")
def animals() -> Animals:
    if not ANIMALS.exists():
        pytest.skip("../shared/data is missing")
    names, sha256, prints = [], [], []
    for name, content in files_in(ANIMALS):
        names.append(name)
        sha256.append(hashlib.sha256(content).hexdigest())
        prints.append(fingerprint(decode_rgb(content)))
    return Animals(names, sha256, prints, [name.split("/")[0] for name in names])
