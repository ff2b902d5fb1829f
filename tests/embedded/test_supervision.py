"""supervisord as our child."""

import os
import signal
from pathlib import Path

import pytest

from embedded import programs
from embedded.data_folder import DataFolder
from embedded.errors import EmbeddedError
from embedded.stop_signal import StopSignal
from embedded.supervision import Supervision


@pytest.fixture
def stop():
    """A wish to stop, with pytest's own handlers put back."""
    noted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in noted}
    yield StopSignal()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_program_that_cannot_be_started_is_said_at_once(folder: Path, stop: StopSignal) -> None:
    data = DataFolder(folder / "supervised")
    data.make()
    supervision = Supervision(data, stop)
    try:
        supervision.start([programs.server("redis", ["/nowhere/redis"])], dict(os.environ))
        with pytest.raises(EmbeddedError, match="redis cannot be started"):
            supervision.start_group("redis")
    finally:
        supervision.stop()
    assert not supervision.is_running
