"""What several tests of versions stand on."""

import pytest

from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.conftest import square


@pytest.fixture
def colours(user, make_model_version):
    """A version of colours with images of its own in every split, six of them for validation."""
    dataset = factories.make_dataset(user=user)
    files = []
    for index, name in enumerate(("blue", "green", "red")):
        for shade in range(20):
            colour = [20 + shade, 30, 25]
            colour[2 - index] = 180 + 2 * shade
            files.append((f"{name}-{shade}.png", square(tuple(colour)), name))
    factories.add_files(dataset, files)
    return make_model_version(user, version=freeze(user=user, dataset=dataset))
