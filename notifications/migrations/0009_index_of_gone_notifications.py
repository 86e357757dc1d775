"""Index what was read and what was superseded, by time, for the position check of a feed with many users."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0008_heartbeat_zone_rules'),
    ]

    operations = [
        migrations.AddIndex(
            'notification', models.Index(fields=['superseded_at', 'read_at'], name='notification_gone')
        ),
    ]
