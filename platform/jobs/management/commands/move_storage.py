"""`manage.py move_storage`: every durable file from the data folder into the bucket, or back."""

import hashlib
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.selectors.at_work import at_work
from storage import durable
from storage.errors import StoreError
from storage.journal import Journal, LastMove
from storage.moving import Move

BUCKET, FOLDER = "bucket", "folder"
_TELL_SECONDS = 2.0
# Of files that are named in a sentence.
_NAMED = 5


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
        parser.add_argument(
            "--stopped",
            action="store_true",
            help="you have stopped Loupe: what else runs or is connected is not Loupe",
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help="the last move went the same way, and Loupe still works with the files' old place",
        )
        parser.add_argument(
            "--take-away",
            type=int,
            metavar="NUMBER",
            help="delete from where the files go that many, which are not where they come from",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; exit status 1 where a file could not be moved or taken away."""
        self._options, self._to = options, options["to"]
        self._busy = [] if options["stopped"] else at_work()
        move, last = self._move()
        self._require_that_it_may(last)
        try:
            self._look(move)
            if options["dry_run"]:
                self._say("Nothing was copied: this was a dry run.")
                return
            self._run(move)
            self._conclude(move, last)
        except OSError as error:
            said = error.detail if isinstance(error, StoreError) else f"{error}."
            raise CommandError(f"{said} Run this again: it goes on where it was.") from error

    def _move(self) -> tuple[Move, LastMove]:
        entry = settings.DURABLE_BUCKET
        if entry is None:
            raise CommandError(
                "LOUPE_S3_BUCKET names no bucket. Set it, and what else the bucket needs, for "
                "this command: docs/operator-guide.md, “Files in a bucket”."
            )
        bucket, folder = durable.bucket_store(entry), durable.folder_store()
        source, target = (folder, bucket) if self._to == BUCKET else (bucket, folder)
        named = _named(entry["OPTIONS"])
        journal = Journal(_folder() / f"{self._to}-{named}.sqlite")
        return Move(source, target, journal), LastMove(_folder() / f"last-{named}.txt")

    def _require_that_it_may(self, last: LastMove) -> None:
        """Refuse, by name, what could lose files; a dry run may always be."""
        if self._options["dry_run"]:
            return
        while_running, take_away = self._options["while_running"], self._options["take_away"]
        if self._busy and not while_running:
            raise CommandError(
                f"Loupe may be at work: {'; '.join(self._busy)}. Stop the web server and every "
                "worker, or copy ahead with --while-running. If Loupe is stopped, and these are "
                "not its own, say --stopped. Nothing was copied."
            )
        if while_running and take_away is not None:
            raise CommandError("Files are taken away while Loupe is stopped: not --while-running.")
        if (ended := last.when(self._to)) and not self._options["again"]:
            source = FOLDER if self._to == BUCKET else BUCKET
            raise CommandError(
                f"A move to the {self._to} has ended at {ended}. If Loupe has worked with the "
                f"{self._to} since, the {source} is behind: what people have deleted would come "
                "back, and older files would replace newer ones. If Loupe still works with the "
                f"{source}, say --again. Nothing was copied."
            )

    def _look(self, move: Move) -> None:
        """Tell what there is, and refuse what cannot be meant."""
        move.look()
        if not move.files:
            source = FOLDER if self._to == BUCKET else BUCKET
            raise CommandError(
                f"The {source} holds no file of Loupe's. Is it the right one, and mounted? "
                "Nothing was copied or taken away."
            )
        self._say(
            f"{move.files:,} files, {_amount(move.bytes)}. To be copied or compared: "
            f"{len(move.wanted):,}, {_amount(move.wanted_bytes)}. Of the files in the "
            f"{self._to}, {len(move.extra):,} are not among them."
        )
        if move.strange:
            self._say(
                f"{len(move.strange):,} files are not Loupe's and stay where they are, such as "
                f"{move.strange[0]}."
            )
        asked = self._options["take_away"]
        if asked is not None and asked != len(move.extra):
            raise CommandError(
                f"{len(move.extra):,} files of the {self._to} are not where the files come from, "
                f"not {asked:,}. Nothing was copied or taken away."
            )

    def _run(self, move: Move) -> None:
        told_at = time.monotonic()

        def on_progress() -> None:
            nonlocal told_at
            if time.monotonic() - told_at < _TELL_SECONDS:
                return
            told_at = time.monotonic()
            done = move.copied + move.same + len(move.damaged)
            self._say(
                f"{done:,} of {len(move.wanted):,} files, {_amount(move.bytes_done)} of "
                f"{_amount(move.wanted_bytes)}"
            )

        move.run(on_progress)

    def _conclude(self, move: Move, last: LastMove) -> None:
        compared = move.files - len(move.wanted)
        self._say(
            f"{move.copied:,} files were copied, {move.same:,} were there already; each of these "
            f"was read back and compared by its SHA-256. {compared:,} were compared by an earlier "
            "move and are there still."
        )
        for sentence in move.damaged.values():
            self.stderr.write(sentence)
        if move.damaged:
            raise CommandError(
                f"{len(move.damaged):,} files were not moved. Restore them from a backup, or do "
                "without them; then run this again."
            )
        # A program that has come meanwhile may have written after the look.
        self._busy += [] if self._options["stopped"] else at_work()
        if self._busy:
            self._say(
                f"Loupe may have been at work meanwhile: {'; '.join(dict.fromkeys(self._busy))}. "
                "Stop it and run this again, without --while-running: only what is new is copied."
            )
            return
        self._take_away(move)
        last.note(self._to)
        if self._to == BUCKET:
            self._say("All files are in the bucket. Start Loupe with these variables everywhere.")
        else:
            self._say("All files are in the folder. Start Loupe without LOUPE_S3_BUCKET.")

    def _take_away(self, move: Move) -> None:
        """Delete what the source has not, where that was asked for; else tell how to."""
        if not move.extra:
            return
        count = len(move.extra)
        if self._options["take_away"] is None:
            path = _folder() / f"extra-in-{self._to}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{name}\n" for name in move.extra))
            self._say(
                f"{count:,} files of the {self._to} are not where the files come from, such as "
                f"{', '.join(move.extra[:_NAMED])}; {path} has them all. They stay. If people have "
                f"deleted them since an earlier move, add --again --take-away {count}."
            )
            return
        left = move.take_away()
        self._say(f"{count - len(left):,} files were taken away.")
        if left:
            raise CommandError(
                f"{len(left):,} files could not be taken away, such as "
                f"{', '.join(left[:_NAMED])}. Look at the key's right to delete; then run this "
                f"again with --take-away {len(left)}."
            )

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _folder() -> Path:
    """Return where moves write down how far they are."""
    return Path(settings.MEDIA_ROOT).parent / "moves"


def _named(options: dict[str, Any]) -> str:
    """Return what files about moves between this folder and this bucket are named by."""
    place = (options["endpoint_url"], options["bucket_name"], options["location"])
    return hashlib.sha256(repr(place).encode()).hexdigest()[:12]


def _amount(count: int) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e8 else f"{count / 1e6:,.1f} MB"
