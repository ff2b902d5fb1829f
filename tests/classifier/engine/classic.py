"""What tests of classic methods share: an observer, and the training script by itself."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path


class Listener:
    """Keeps what it is told; says stop once a stage begins as ``stop_at``."""

    def __init__(self, stop_at: str = "nowhere") -> None:
        self.stages: list[str] = []
        self.units: set[str] = set()
        self._stop_at = stop_at

    def epoch(self, metrics) -> None:
        raise AssertionError("there are no epochs")

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
    with zipfile.ZipFile(folder / "version.zip", "w") as archive:
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["file", "class_name", "split"])
        for split, part in zip(("train", "validation", "test"), samples, strict=True):
            for path, label in part:
                name = f"{split}/{names[label]}/{Path(path).name}"
                archive.write(path, name)
                writer.writerow([name, names[label], split])
        archive.writestr("labels.csv", table.getvalue())
    script = folder / "training_script.py"
    assert "import classifier" not in script.read_text()
    command = [sys.executable, "-I", script, folder / "version.zip"]
    # The threads of several tests would wait for each other with full force.
    env = {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=env)
    [line] = done.stdout.splitlines()
    assert line.startswith("test accuracy ")
    return float(line.split()[2])
