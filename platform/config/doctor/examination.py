"""All looks in their order: those at rows only where the database answers."""

import logging
from collections.abc import Collection, Iterator

from common.logs import without_secrets
from config.doctor import addresses, database, files, gpus, outside, redis_servers, workers
from config.doctor.finding import Finding, Level, Look, Role

logger = logging.getLogger(__name__)
OF_ROWS: tuple[Look, ...] = (
    database.look_at_migrations,
    database.look_at_clock,
    database.look_at_roles_and_room,
    database.look_at_image_counts,
)
# What only a machine that does this needs.
OF_ROLE: dict[Role, tuple[Look, ...]] = {
    Role.WEB: (files.look_at_static_files, addresses.look_at_way_in),
    Role.WORKER: (outside.look_at_weights, gpus.look_at_gpus),
}
OF_THE_REST: tuple[Look, ...] = (
    files.look_at_files,
    addresses.look_at_key,
    addresses.look_at_address,
    addresses.look_at_isolation,
    outside.look_at_mail,
)


def examine(roles: Collection[Role]) -> Iterator[Finding]:
    """Yield every finding about a machine of these roles, as it is found; texts hold no secrets."""
    database_findings = list(_found(database.look_whether_it_answers))
    yield from database_findings
    has_rows = database_findings[0].level is Level.OK
    for look in OF_ROWS if has_rows else ():
        yield from _found(look)
    message_findings = list(_found(redis_servers.look_at_messages))
    yield from message_findings
    yield from _found(redis_servers.look_at_images)
    if message_findings[0].level is Level.OK:
        yield from _found(workers.look_at_workers)
    yield from _found(workers.look_at_predict_workers)
    if has_rows:
        yield from _found(workers.look_at_jobs)
    for look in OF_THE_REST:
        yield from _found(look)
    for role in Role:
        for look in OF_ROLE[role] if role in roles else ():
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
