"""WSGI entry point, for servers that have no ASGI (live job streams then hold a thread each)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
