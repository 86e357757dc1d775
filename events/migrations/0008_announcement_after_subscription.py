"""Let an announcement go only to those who subscribed after a certain subscription."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('events', '0007_ended_subscription')]

    operations = [
        migrations.AddField(
            'announcement',
            'after_subscription_id',
            models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='goes to subscriptions after'),
        ),
    ]
