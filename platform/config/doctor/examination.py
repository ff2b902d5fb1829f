"""All looks in their order: those at rows only where the database answers."""

import logging
from collections.abc import Iterator

from common.logs import without_secrets
from config.doctor import addresses, database, files, outside, redis_servers, workers
from config.doctor.finding import Finding, Level, Look

logger = logging.getLogger(__name__)
OF_ROWS: tuple[Look, ...] = (
    database.look_at_migrations,
    database.look_at_clock,
    database.look_at_roles_and_room,
)
OF_MESSAGES: tuple[Look, ...] = (workers.look_at_workers,)
OF_THE_REST: tuple[Look, ...] = (
    files.look_at_files,
    addresses.look_at_key,
    addresses.look_at_address,
    addresses.look_at_isolation,
    outside.look_at_weights,
    outside.look_at_mail,
)


def examine() -> Iterator[Finding]:
    """Yield every finding, as it is found; texts hold no secrets."""
    answered = True
    for finding in _found(database.look_whether_it_answers):
        answered = finding.level is Level.OK
        yield finding
    for look in OF_ROWS if answered else ():
        yield from _found(look)
    of_redis = list(_found(redis_servers.look_at_both))
    yield from of_redis
    messages = not any("REDIS_URL does not answer" in each.what for each in of_redis)
    for look in OF_MESSAGES if messages else ():
        yield from _found(look)
    yield from _found(workers.look_at_predict_workers)
    if answered:
        yield from _found(workers.look_at_jobs)
    for look in OF_THE_REST:
        yield from _found(look)


def _found(look: Look) -> Iterator[Finding]:
    try:
        for finding in look():
            yield Finding(
                finding.part,
                finding.level,
                without_secrets(finding.what),
                finding.why,
                finding.mend,
            )
    except Exception as error:  # the boundary: one look that fails must not hide the others
        logger.debug("a look failed", exc_info=True)
        yield Finding(
            look.__module__.rpartition(".")[2],
            Level.FAULT,
            without_secrets(f"{look.__name__} failed: {type(error).__name__}: {error}"),
            "Whether this part works is not known.",
            "Mend what is named above first, then ask again.",
        )
