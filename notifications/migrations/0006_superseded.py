"""Record when a notification is superseded, so that it no longer counts as unread."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('notifications', '0005_admin_labels')]

    operations = [
        migrations.AddField(
            'notification',
            'superseded_at',
            models.DateTimeField(blank=True, null=True, verbose_name='superseded'),
        ),
        migrations.AddField(
            'notification',
            'has_later_reminder',
            models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
