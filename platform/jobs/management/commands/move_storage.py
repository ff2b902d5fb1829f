"""`manage.py move_storage`: every durable file from the data folder into the bucket, or back."""

import hashlib
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.selectors.at_work import at_work
from storage import durable
from storage.moving import Journal, Move

BUCKET, FOLDER = "bucket", "folder"
_TELL_SECONDS = 2.0


class Command(BaseCommand):
    """Copies, compares every file by its SHA-256, and says what is left to do."""

    help = (
        "Copy every durable file between <data folder>/media and the bucket that LOUPE_S3_BUCKET "
        "names, and compare each by its SHA-256. It can be stopped and run again; the source stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to, and how."""
        parser.add_argument("--to", choices=[BUCKET, FOLDER], required=True)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be copied, and copy nothing"
        )
        parser.add_argument(
            "--while-running",
            action="store_true",
            help="copy ahead while Loupe runs; a last move, with Loupe stopped, takes the rest",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; exit status 1 where a file could not be moved."""
        busy = at_work()
        if busy and not (options["while_running"] or options["dry_run"]):
            raise CommandError(
                f"Loupe is at work: {'; '.join(busy)}. Stop the web server and every worker, or "
                "copy ahead with --while-running. Nothing was copied."
            )
        move = self._move(options["to"])
        move.look()
        self._say(
            f"{len(move.sizes):,} files, {_amount(sum(move.sizes.values()))}. To be copied or "
            f"compared: {len(move.wanted):,}, {_amount(_bytes(move))}. To be taken away: "
            f"{len(move.gone):,}, which an earlier move brought and which are deleted by now."
        )
        if move.strange:
            self._say(
                f"{len(move.strange):,} files are not Loupe's and stay where they are, such as "
                f"{move.strange[0]}."
            )
        if options["dry_run"]:
            self._say("Nothing was copied: this was a dry run.")
            return
        self._run(move)
        self._conclude(move, options["to"], busy)

    def _move(self, to: str) -> Move:
        entry = settings.DURABLE_BUCKET
        if entry is None:
            raise CommandError(
                "LOUPE_S3_BUCKET names no bucket. Set it, and what else the bucket needs, for "
                "this command: docs/operator-guide.md, “Files in a bucket”."
            )
        bucket, folder = durable.bucket_store(entry), durable.folder_store()
        source, target = (folder, bucket) if to == BUCKET else (bucket, folder)
        return Move(source, target, Journal(_journal(to, entry["OPTIONS"])))

    def _run(self, move: Move) -> None:
        total, told_at = _bytes(move), time.monotonic()

        def on_progress() -> None:
            nonlocal told_at
            if time.monotonic() - told_at < _TELL_SECONDS:
                return
            told_at = time.monotonic()
            done = move.copied + move.same + len(move.damaged)
            self._say(
                f"{done:,} of {len(move.wanted):,} files, {_amount(move.bytes_done)} of "
                f"{_amount(total)}"
            )

        move.run(on_progress)

    def _conclude(self, move: Move, to: str, busy: list[str]) -> None:
        self._say(
            f"{move.copied:,} files were copied, {move.same:,} were there already; each was "
            f"compared by its SHA-256. {len(move.gone):,} were taken away."
        )
        for sentence in move.damaged.values():
            self.stderr.write(sentence)
        if move.damaged:
            raise CommandError(
                f"{len(move.damaged):,} files were not moved. Restore them from a backup, or do "
                "without them; then run this again."
            )
        if busy:
            self._say(
                "Loupe was at work meanwhile. Stop it and run this again, without "
                "--while-running: only what is new is copied."
            )
        elif to == BUCKET:
            self._say("All files are in the bucket. Start Loupe with these variables everywhere.")
        else:
            self._say("All files are in the folder. Start Loupe without LOUPE_S3_BUCKET.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _journal(to: str, options: dict[str, Any]) -> Path:
    """Return the journal of moves between this folder and this bucket, in this direction."""
    place = (options["endpoint_url"], options["bucket_name"], options["location"])
    named = hashlib.sha256(repr(place).encode()).hexdigest()[:12]
    return Path(settings.MEDIA_ROOT).parent / "moves" / f"{to}-{named}.jsonl"


def _bytes(move: Move) -> int:
    return sum(move.sizes[name] for name in move.wanted)


def _amount(count: int) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e8 else f"{count / 1e6:,.1f} MB"
