"""The engine's failures in the words of jobs."""

import pytest

from classifier.engine.errors import ExportFailed
from classifier.failures import engine_failures
from jobs.handlers import JobFailed


def test_an_export_that_differs_is_named_and_not_tried_again():
    """The same network would be exported the same way three times."""
    with pytest.raises(JobFailed) as raised, engine_failures(None):
        raise ExportFailed("The exported model answers otherwise.")
    assert (raised.value.code, raised.value.retry) == ("internal", False)
    assert raised.value.detail == "The exported model answers otherwise."
    assert "report this" in raised.value.hint
