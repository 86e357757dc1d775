from django.db import migrations
from django.db.models import Max


def start_at_the_newest(apps, schema_editor):
    """Mail what is told from now on, not what has lain unread for months."""
    newest = apps.get_model("notifications", "Notification").objects.aggregate(Max("pk"))["pk__max"] or 0
    apps.get_model("notifications", "MailCursor").objects.create(pk=1, decided_up_to=newest)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_notice_mail")]

    operations = [migrations.RunPython(start_at_the_newest, migrations.RunPython.noop)]
