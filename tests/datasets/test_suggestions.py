"""What is kept of a fit, found again by the images' ids."""

import uuid

import numpy as np
import pytest
from django.utils import timezone

from datasets.models import InstantModel
from datasets.selectors.suggestions import suggestions_of
from datasets.services.labelling.classes import ensure_classes
from tests import factories

pytestmark = pytest.mark.django_db


def test_images_whose_ids_end_in_zeros_have_their_suggestions():
    dataset = factories.make_dataset()
    label = ensure_classes(dataset=dataset, names=["cat"])["cat"]
    ids = sorted(uuid.UUID(bytes=bytes([1, *[7] * 14, end])) for end in (0, 1, 255))
    arrays = {
        "class_index": np.zeros(3, "<u2"), "probability": np.ones(3, "<f2"),
        "margin": np.ones(3, "<f2"), "group": np.zeros(3, "<u2"), "closeness": np.ones(3, "<f2"),
    }  # fmt: skip
    InstantModel.objects.create(
        dataset=dataset,
        class_ids=[label.pk],
        image_ids=b"".join(each.bytes for each in ids),
        fitted_at=timezone.now(),
        **{name: array.tobytes() for name, array in arrays.items()},
    )
    found = suggestions_of(dataset.pk)
    assert [found.of(each).class_name for each in ids] == ["cat"] * 3
    assert found.of(uuid.uuid4()) is None
