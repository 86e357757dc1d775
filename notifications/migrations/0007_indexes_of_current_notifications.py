"""Index what is current: unread notifications by person, and notifications by event and person.

Each new index is built before the one that it replaces is dropped, so that no query is without one.
"""

import django.db.models.deletion
from django.db import migrations, models


def drop_index_of_foreign_key(apps, schema_editor):
    """Drop the index on the event alone.

    Django's own way drops the foreign key, too, and MariaDB copies the table in order to add it again.
    """
    notification = apps.get_model('notifications', 'Notification')
    for name in schema_editor._constraint_names(notification, ['event_id'], index=True, unique=False):
        schema_editor.execute(schema_editor._delete_index_sql(notification, name))


def create_index_of_foreign_key(apps, schema_editor):
    notification = apps.get_model('notifications', 'Notification')
    event = notification._meta.get_field('event')
    schema_editor.execute(schema_editor._create_index_sql(notification, fields=[event]))


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0005_refresh_search_texts'),
        ('notifications', '0006_superseded'),
    ]

    operations = [
        migrations.AddIndex(
            'notification',
            models.Index(fields=['recipient', 'superseded_at', 'read_at'], name='notification_current'),
        ),
        migrations.AddIndex('notification', models.Index(fields=['event', 'recipient'], name='notification_of_event')),
        migrations.RemoveIndex('notification', 'notification_unread'),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    'notification',
                    'event',
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name='+',
                        to='events.event',
                        verbose_name='event',
                    ),
                ),
            ],
            database_operations=[migrations.RunPython(drop_index_of_foreign_key, create_index_of_foreign_key)],
        ),
    ]
