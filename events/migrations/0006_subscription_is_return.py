"""Record whether a subscriber had unsubscribed from the event before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('events', '0005_refresh_search_texts')]

    operations = [
        migrations.AddField('subscription', 'is_return', models.BooleanField(db_default=False, default=False, editable=False)),
    ]
