"""Who may do what with webhooks and alerts by mail."""

from tests.permissions.matrix import ForeignKey, Row, World


def build(world: World) -> None:
    """Add nothing: there is no route so far."""


API_ROWS: list[Row] = []
PAGE_ROWS: list[Row] = []
ROWS = API_ROWS + PAGE_ROWS
FOREIGN_KEYS: list[ForeignKey] = []
