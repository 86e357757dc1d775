"""Show which version of the rules of time zones the sweep has."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('notifications', '0007_indexes_of_current_notifications')]

    operations = [
        migrations.AddField(
            'heartbeat',
            'zone_rules',
            models.CharField(db_default='', default='', max_length=16, verbose_name='time zone rules'),
        ),
    ]
