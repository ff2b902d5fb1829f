"""ONNX Runtime reports nothing of its use: it keeps no id of the machine, as it does by itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import REPOSITORY_DIR

AS_IT_COMES = "import onnxruntime"
AS_LOUPE_LOADS_IT = "import classifier.engine.runtime.predictor"


@pytest.mark.parametrize(("program", "reports"), [(AS_IT_COMES, True), (AS_LOUPE_LOADS_IT, False)])
def test_no_id_of_the_machine_is_kept(program: str, reports: bool, tmp_path: Path) -> None:
    # Where CI is set, ONNX Runtime is quiet by itself.
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", f"{program}; import time; time.sleep(1)"]
    subprocess.run(command, env=environment, cwd=REPOSITORY_DIR, check=True, timeout=60)
    assert [path.name for path in tmp_path.rglob("deviceid")] == ["deviceid"] * reports
