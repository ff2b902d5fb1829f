"""Records a real session of the command `loupe` as docs/images/cli.svg.

    export LOUPE_DATA_DIR=$(mktemp -d)
    python -m embedded run --then "python -m tests.client.record_session" --once

Runs the commands on a terminal of their own against the platform at LOUPE_URL, with pictures of
../shared/data, and draws what appeared when it appeared. Pauses of more than a second are cut to
one; nothing else is changed. The picture plays once; where people want no motion it stands at its
end.
"""

import os
import pty
import select
import shlex
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from fcntl import ioctl
from html import escape
from pathlib import Path
from termios import TIOCSWINSZ

import httpx

from loupe.files import SignIns
from tests.bench.main_job import SHARED_DATA_DIR

TARGET = Path(__file__).resolve().parents[2] / "docs" / "images" / "cli.svg"
COLUMNS, ROWS = 100, 40
CLASSES, EACH = ("cats", "dogs", "snakes"), 120
COMMANDS = (
    "loupe push animals/",
    "loupe train animals --preset efficientnet_lite0 --follow",
    "loupe predict 'animals efficientnet_lite0' new/",
    "loupe export 'animals efficientnet_lite0' --format onnx",
)
LONGEST_PAUSE, KEY_SECONDS, FRAME_SECONDS = 1.0, 0.04, 0.25
CLEAR = "\r\x1b[K"


@dataclass
class Screen:
    """What stood in which line from when to when; time runs as people see it."""

    now: float = 0.5
    line: int = 0
    text: str = ""
    since: float = 0.5
    shown: list[tuple[int, float, float | None, str]] = field(default_factory=list)

    def feed(self, text: str) -> None:
        """Take what a program has written."""
        for part in text.replace("\r\n", "\n").replace(CLEAR, "\r").splitlines(keepends=True):
            if part.startswith("\r"):
                self._settle(ended=True)
                self.text = ""
            self.text += part.strip("\r\n")
            if part.endswith("\n"):
                self._settle(ended=False)
                self.line, self.text = self.line + 1, ""

    def type(self, command: str) -> None:
        """Show a person typing."""
        self.text = "$ "
        for count in range(0, len(command) + 1, 4):
            self.text = f"$ {command[:count]}"
            self._settle(ended=True)
            self.now += 4 * KEY_SECONDS
        self.text = f"$ {command}"
        self._settle(ended=False)
        self.line, self.text = self.line + 1, ""
        self.now += 0.4

    def _settle(self, *, ended: bool) -> None:
        """Keep a line as it was; `ended`: something else stands there from now on."""
        if ended and self.now - self.since < FRAME_SECONDS and self.shown:
            return
        if self.text:
            self.shown.append((self.line, self.since, self.now if ended else None, self.text))
        self.since = self.now


def run(command: str, screen: Screen, folder: Path) -> None:
    """Run a command on a terminal of its own and show what it writes."""
    screen.type(command)
    screen.since = screen.now
    leader, follower = pty.openpty()
    ioctl(follower, TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    program = subprocess.Popen(
        shlex.split(command), stdin=follower, stdout=follower, stderr=follower, cwd=folder
    )
    os.close(follower)
    before = time.monotonic()
    pending = b""
    while program.poll() is None or select.select([leader], [], [], 0.1)[0]:
        if not select.select([leader], [], [], 0.1)[0]:
            continue
        try:
            pending += os.read(leader, 1 << 16)
        except OSError:
            break
        moment = time.monotonic()
        screen.now += min(moment - before, LONGEST_PAUSE)
        before = moment
        whole = pending.decode(errors="ignore")
        pending = b"" if whole.encode() == pending else pending[len(whole.encode()) :]
        screen.feed(whole)
    os.close(leader)
    if program.wait():
        raise SystemExit(f"{command} ended with {program.returncode}:\n{screen.shown[-5:]}")
    screen.line, screen.text = screen.line + 1, ""


def drawn(screen: Screen) -> str:
    """Return the picture: a line of text for each state of a line."""
    height, width, top = 18, COLUMNS * 8.2 + 32, 44
    rows, wrapped = [], 0
    for line, start, end, text in screen.shown:
        kind = "p" if text.startswith("$") else "t"
        times = f"animation-delay:{start:.2f}s" + (f",{end:.2f}s" if end is not None else "")
        gone = " x" if end is not None else ""
        # A terminal goes on in the next line.
        parts = [text[at : at + COLUMNS] for at in range(0, len(text), COLUMNS)]
        for number, part in enumerate(parts):
            place = top + (line + wrapped + number + 1) * height
            rows.append(
                f'<text class="{kind}{gone}" x="16" y="{place}" style="{times}">{escape(part)}'
                "</text>"
            )
        wrapped += len(parts) - 1
    total = top + (screen.line + wrapped + 1) * height
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {total}" role="img">
<title>A session of the command loupe: push, train, predict, export</title>
<style>
text{{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;
visibility:hidden;animation:s 0s forwards}}
.t{{fill:#d7dae0}}.p{{fill:#7ee787}}.x{{animation:s 0s forwards,h 0s forwards}}
@keyframes s{{to{{visibility:visible}}}}@keyframes h{{to{{visibility:hidden}}}}
@media (prefers-reduced-motion:reduce){{text{{animation:none;visibility:visible}}
.x{{display:none}}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
<circle cx="20" cy="20" r="5" fill="#ff5f56"/><circle cx="38" cy="20" r="5" fill="#ffbd2e"/>
<circle cx="56" cy="20" r="5" fill="#27c93f"/>
{chr(10).join(rows)}
</svg>
"""


def pictures(folder: Path) -> None:
    """Lay some animals by class, and three others that no one has labelled."""
    with zipfile.ZipFile(SHARED_DATA_DIR / "animals.zip") as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        for each in CLASSES:
            of_class = [name for name in names if name.startswith(f"train/{each}/")][:EACH]
            new = next(name for name in names if name.startswith(f"validation/{each}/"))
            targets = [(name, folder / "animals" / each / Path(name).name) for name in of_class]
            for name, target in [*targets, (new, folder / "new" / Path(new).name)]:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))


def main() -> int:
    """Record, and write the picture."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ |= {"XDG_CONFIG_HOME": f"{folder}/config", "XDG_CACHE_HOME": f"{folder}/cache"}
        os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        admin = (os.environ["LOUPE_ADMIN_USERNAME"], os.environ["LOUPE_ADMIN_PASSWORD"])
        url = os.environ["LOUPE_URL"]
        wish = {"name": "recording", "expires_in_days": 1}
        made = httpx.post(f"{url}/api/v1/auth/tokens/", auth=admin, json=wish, timeout=30).json()
        SignIns().keep(url, {"token": made["token"]})
        pictures(folder)
        screen = Screen()
        for command in COMMANDS:
            run(command, screen, folder)
    TARGET.write_text(drawn(screen))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {screen.now:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
