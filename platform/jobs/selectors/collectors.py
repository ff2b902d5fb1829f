"""What other apps add to `/metrics`."""

from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

Collect = Callable[[], Iterator[Metric]]
_collects: list[Collect] = []


def register(*collects: Collect) -> None:
    """Have these asked with every reading; called from an app's `AppConfig.ready()`.

    Operators read them: no label may name a tenant, a person or what is theirs.
    """
    _collects.extend(each for each in collects if each not in _collects)


def collected() -> Iterator[Metric]:
    """Yield the metrics of all of them."""
    for collect in _collects:
        yield from collect()
