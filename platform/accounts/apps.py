from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and teams"

    def ready(self) -> None:
        """Tell drf-spectacular the authentication schemes; listen to Django and allauth."""
        from accounts import checks, factor_audit, receivers, schema  # noqa: F401
