"""The lease of a running job, renewed from a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import OperationalError, connection

from jobs.services import lease

logger = logging.getLogger(__name__)
LOCK_NOT_AVAILABLE = "55P03"


class LeaseKeeper:
    """Keeps the lease while it can, and knows what the owner has to know.

    `lost`: another worker has the job. `cancel_requested`: a person wants it cancelled.
    `in_background`: it lets others pass. `in_the_way`: a person's job waits for its place.
    The thread may hang on a Postgres that does not answer, so the supervisor itself watches
    `seconds_since_contact` and never touches the database while the child runs.
    """

    def __init__(
        self, job_id: UUID, fence: int, *, in_background: bool, used: Callable[[], lease.Used]
    ) -> None:
        self.lost = False
        self.cancel_requested = self.in_the_way = False
        self.in_background = in_background
        self._job_id, self._fence, self._used = job_id, fence, used
        # The claim has just written the lease.
        self._contact_at = self._renewed_at = time.monotonic()
        self._away = False
        self._stop = threading.Event()
        # In the context of the supervisor: its lines of logs belong to the job.
        self._thread = threading.Thread(
            target=copy_context().run, args=[self._run], name="lease", daemon=True
        )

    @property
    def seconds_since_contact(self) -> float:
        """How long ago the lease was last known to hold."""
        return time.monotonic() - self._contact_at

    def tell_silence(self) -> None:
        """Say, once, that Postgres has not answered for a while: the thread may hang and cannot."""
        silent = self.seconds_since_contact
        if not self._away and silent > 2 * settings.JOB_RENEW_SECONDS:
            self._say_away(f"no word from it for {silent:.0f} s")

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more; a thread that hangs on Postgres is left to notice by itself."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        try:
            while not self._stop.wait(settings.JOB_POLL_SECONDS) and not self.lost:
                self._keep()
        finally:
            connection.close()

    def _keep(self) -> None:
        asked_at = time.monotonic()
        try:
            self._ask(asked_at)
        except DatabaseError as error:
            if _is_locked(error):
                # Our own child stores something; no other worker can take the job now.
                self._contact_at = asked_at
            else:
                self._say_away(error)
                connection.close()
            return
        if self._away:
            logger.warning("job %s: Postgres answers again", self._job_id)
            self._away = False
        self._contact_at = asked_at

    def _ask(self, now: float) -> None:
        if connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'; SET statement_timeout = '10s'")
        due = now - self._renewed_at >= settings.JOB_RENEW_SECONDS
        if due and lease.renew(job_id=self._job_id, fence=self._fence, used=self._used()):
            self._renewed_at = now
        owned = lease.look(job_id=self._job_id, fence=self._fence)
        self.lost = owned is None
        self.cancel_requested = owned is not None and owned.cancel_requested
        self.in_the_way = owned is not None and owned.in_the_way
        self.in_background = owned.in_background if owned else self.in_background

    def _say_away(self, reason: DatabaseError | str) -> None:
        if not self._away:
            logger.warning(
                "job %s: Postgres does not answer; the work goes on without it for at most %d s: "
                "%s",
                self._job_id,
                settings.JOB_GIVE_UP_SECONDS,
                reason,
            )
        self._away = True


def _is_locked(error: DatabaseError) -> bool:
    cause = error.__cause__
    return isinstance(error, OperationalError) and (
        getattr(cause, "pgcode", None) == LOCK_NOT_AVAILABLE
    )
