from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and teams"

    def ready(self) -> None:
        """Make the authentication schemes known to drf-spectacular."""
        from accounts import schema  # noqa: F401
