"""What tests of classic methods share: an observer, and the training script by itself."""

from pathlib import Path

from tests.classifier.engine.outside_loupe import accuracy_of, run_script, write_version_zip


class Listener:
    """Keeps what it is told; says stop once a stage begins as ``stop_at``."""

    def __init__(self, stop_at: str = "nowhere") -> None:
        self.stages: list[str] = []
        self.units: set[str] = set()
        self._stop_at = stop_at

    def epoch(self, metrics, answers) -> None:
        raise AssertionError("there are no epochs")

    def fitted(self, answers) -> None:
        self.answers = answers

    def stage(self, message) -> None:
        self.stages.append(message)

    def progress(self, done, total, unit, message, rate, eta_seconds) -> None:
        self.units.add(unit)

    def should_stop(self) -> bool:
        return any(stage.startswith(self._stop_at) for stage in self.stages)

    def asked_to_finish(self) -> str:
        return ""


def by_script(folder: Path, samples, names) -> float:
    """Return the test accuracy that the script finds of a zip like that of a frozen version."""
    write_version_zip(folder / "version.zip", samples, names)
    [line] = run_script(folder / "training_script.py", folder / "version.zip")
    return accuracy_of([line])
