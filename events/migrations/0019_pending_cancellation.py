"""Record that the sweep is to cancel or delete the events of a suspended organiser."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0018_event_report'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PendingCancellation',
            fields=[
                ('organiser', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('is_deletion', models.BooleanField()),
                ('reason', models.TextField(blank=True, max_length=2000)),
                ('requested_at', models.DateTimeField()),
            ],
        ),
    ]
