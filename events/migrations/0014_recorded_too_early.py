"""Let the sweep find events of which it was recorded that they have ended, although they have not."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('events', '0013_drop_replaced_indexes')]

    operations = [
        migrations.AddIndex('event', models.Index(fields=['has_ended', 'over_at'], name='event_recorded')),
    ]
