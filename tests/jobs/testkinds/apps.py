from django.apps import AppConfig

from jobs.kinds import register


class TestKindsConfig(AppConfig):
    """Work that exists to be disturbed."""

    name = "tests.jobs.testkinds"
    label = "testkinds"

    def ready(self) -> None:
        from tests.jobs.testkinds import kinds

        register(*kinds.ALL)
