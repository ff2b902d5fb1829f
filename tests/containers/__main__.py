"""`make prove-containers`: run docker/compose.yaml and write down what held.

    python -m tests.containers [--gpu-image] [--transcript FILE]

The images `loupe-web` and `loupe-worker` and the bases that the compose file names must be there
(`docker/stand-ins/build.sh` makes them without a registry). Ends with status 1 when something did
not hold. Goes to this machine's loopback and nowhere else. With `--gpu-image` it looks into
`loupe-worker-gpu` and runs nothing else.
"""

import argparse
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.containers import story
from tests.containers.engine import Project, docker
from tests.containers.gpu import IMAGE as GPU_IMAGE
from tests.containers.gpu import check_cuda, check_doctor, check_training
from tests.containers.images import check_containers, check_images

EPOCHS = 20
# A lease of two minutes, the next round of the clock, and the rest of the training.
GOES_ON_SECONDS = 1200


class Transcript:
    """Prints lines with their time, and remembers whether all held."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failed = 0

    def say(self, text: str) -> None:
        """Add a line."""
        self.lines.append(f"{time.strftime('%H:%M:%S')}  {text}")
        print(self.lines[-1], flush=True)

    def check(self, text: str, holds: bool) -> None:
        """Add what is claimed, and whether it holds."""
        self.failed += not holds
        self.say(f"{'ok    ' if holds else 'FAILED'} {text}")

    def check_all(self, claims: Iterable[tuple[str, bool]]) -> None:
        """Add several claims."""
        for text, holds in claims:
            self.check(text, holds)


def prove(project: Project, told: Transcript) -> None:
    """Tell the whole story."""
    told.check_all(check_images())
    if not project.may_raise_limits:
        told.say("without the ulimit of worker-io: root of this machine may not raise one")
    project.compose("up", "--detach", "--no-build")
    told.say(f"up: {len(project.services())} services, all healthy after "
             f"{project.wait_until_healthy():.0f} s")  # fmt: skip
    told.check_all(check_containers(project))

    client = story.sign_up(project.url)
    told.say("a person signed up by the form")
    run = story.train(client)
    before = story.facts(client, run.id)
    right = sum(
        said == true for (said, _), true in zip(before["answers"], before["truth"], strict=True)
    )
    told.say(f"imported, frozen, trained: accuracy {before['accuracy']:.4f} on the test split")
    told.check(f"predicted: {right} of {story.ASKED} test images right", right > 0.8 * story.ASKED)

    client.close()
    project.compose("down")
    told.say("down: containers and networks are gone")
    project.compose("up", "--detach", "--no-build")
    told.say(f"up again, healthy after {project.wait_until_healthy():.0f} s")
    client = story.again(project.url)
    after = story.facts(client, run.id)
    for name in before:
        told.check(f"{name}: as before", after[name] == before[name])
    kill_in_training(project, client, told)
    client.close()


def prove_gpu_image(told: Transcript) -> None:
    """Look into the image for GPUs, and train in it without one."""
    told.check_all(check_images([GPU_IMAGE]))
    told.check_all(check_cuda())
    told.check_all(check_training())
    told.check_all(check_doctor())


def kill_in_training(project: Project, client: story.Loupe, told: Transcript) -> None:
    """Kill the worker's container in the middle of a training."""
    version = client.dataset("Digits").version()
    config = {"seed": 1, "epochs": EPOCHS, "early_stopping_patience": 0}
    run = version.train("cnn_tiny", config=config, wait=False)
    done = story.wait_for_epoch(run, 3, 300)
    project.crash("worker-train")
    killed = time.monotonic()
    told.say(f"killed worker-train after epoch {done} of {EPOCHS}")
    run.wait(timeout=GOES_ON_SECONDS, progress=False)
    job = client.job(run["job"]["id"])
    told.check(
        f"the run succeeded {time.monotonic() - killed:.0f} s later", run.status == "succeeded"
    )
    told.check(f"in {job['attempts']} attempts", job["attempts"] == 2)
    numbers = [epoch["epoch"] for epoch in run.epochs()]
    told.check(f"with each of {EPOCHS} epochs once", numbers == list(range(1, EPOCHS + 1)))
    state = project.state("worker-train")
    told.check(f"Docker has started the container again ({state})", state["restarts"] == "1")


def main() -> int:
    """Prove, print, and write the transcript."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcript", type=Path, help="write the lines to this file as well")
    parser.add_argument("--gpu-image", action="store_true", help="look into loupe-worker-gpu alone")
    options = parser.parse_args()
    told = Transcript()
    engine = docker("version", "--format", "{{.Server.Version}}").strip()
    told.say(f"{time.strftime('%Y-%m-%d')}, Docker {engine}")
    if options.gpu_image:
        prove_gpu_image(told)
    else:
        with Project(_free_port()) as project:
            prove(project, told)
    told.say(f"{told.failed} failed" if told.failed else "all held")
    if options.transcript is not None:
        options.transcript.write_text("".join(f"{line}\n" for line in told.lines))
    return 1 if told.failed else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
