"""The WSGI application: pages, API, admin and static files."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.web.requests import Handler  # noqa: E402 - needs the settings

application = Handler()
