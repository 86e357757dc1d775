"""Let indexes find upcoming and past events in the order of their start, and events that span a moment.

The sweep fills both columns for the events that exist, by chunks: `events/services/ends.py`. Until then, lists and
months find these events as slowly as before.
"""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0011_announcement_request_id'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField('event', 'has_ended', models.BooleanField(db_default=False, default=False, editable=False)),
        migrations.AddField('event', 'length_class', models.PositiveSmallIntegerField(editable=False, null=True)),
        migrations.AddIndex('event', models.Index(fields=['starts_at', 'id'], name='event_by_start')),
        migrations.AddIndex('event', models.Index(fields=['has_ended', 'starts_at', 'id'], name='event_upcoming')),
        migrations.AddIndex(
            'event', models.Index(fields=['length_class', 'starts_at', 'over_at'], name='event_spanning')
        ),
        migrations.AddIndex('event', models.Index(fields=['author', 'starts_at', 'id'], name='event_of_author')),
        migrations.AddIndex(
            'event',
            models.Index(fields=['author', 'has_ended', 'starts_at', 'id'], name='event_of_author_upcoming'),
        ),
    ]
