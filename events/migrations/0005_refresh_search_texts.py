"""Let searches find events that earlier versions wrote, whatever accents and apostrophes they are searched with.

It uses the code of the version that migrates, because `search_text` must be what this version writes. Nothing need be
undone to reverse it: the text still begins with what earlier versions look through.
"""

from typing import Any

from django.db import migrations

from events.services import refresh_search_texts


def refresh(apps: Any, schema_editor: Any) -> None:
    refresh_search_texts(apps.get_model("events", "Event").objects.all())


class Migration(migrations.Migration):
    # Each chunk is a transaction of its own.
    atomic = False

    dependencies = [("events", "0004_admin_labels")]

    operations = [migrations.RunPython(refresh, migrations.RunPython.noop)]
