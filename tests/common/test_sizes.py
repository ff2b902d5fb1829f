"""Sizes of files as pages show them."""

import pytest

from common.templatetags.sizes import size


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1536, "1.5 kB"), (42_916_502, "42.9 MB"), (123e9, "123 GB")],
)
def test_sizes_are_those_that_the_upload_shows(count, text):
    assert size(count) == text
