"""Store the local times of events, with the version of the rules of time zones that they were derived with.

The sweep fills the columns of the events that exist, by chunks: `notifications/delivery/local_times.py`.
"""

from django.db import migrations, models

import events.fields


class Migration(migrations.Migration):

    dependencies = [('events', '0009_lead_of_zero')]

    operations = [
        migrations.AddField('event', 'starts_local', events.fields.LocalDateTimeField(editable=False, null=True)),
        migrations.AddField('event', 'ends_local', events.fields.LocalDateTimeField(editable=False, null=True)),
        migrations.AddField(
            'event',
            'zone_rules',
            models.CharField(db_default='', default='', editable=False, max_length=16),
        ),
        migrations.AddField(
            'event',
            'local_times_of',
            models.CharField(db_default='', default='', editable=False, max_length=120),
        ),
        migrations.AddIndex('event', models.Index(fields=['zone_rules', 'over_at'], name='event_zone_rules')),
    ]
