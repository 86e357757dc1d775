"""Record who has unsubscribed, so that the reminders they have received can be superseded."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0006_subscription_is_return'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EndedSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='events.event', verbose_name='event')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'ended subscription',
                'verbose_name_plural': 'ended subscriptions',
                'constraints': [models.UniqueConstraint(fields=('event', 'user'), name='ended_subscription_once')],
                'indexes': [models.Index(fields=['settled_at', 'event'], name='ended_subscription_unsettled')],
            },
        ),
    ]
