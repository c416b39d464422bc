"""The demo as a Django app: the command that plays a month, and the row that remembers it."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed by the development and test settings only; production knows no demo."""

    name = "demo"
    default_auto_field = "django.db.models.BigAutoField"
