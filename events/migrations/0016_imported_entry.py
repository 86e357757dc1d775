"""Remember what the last import has read about an event, so that the next one keeps what was edited here."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('events', '0015_calendar_feed')]

    operations = [
        migrations.CreateModel(
            name='ImportedEntry',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='imported_entry', serialize=False, to='events.event', verbose_name='event')),
                ('uid', models.TextField()),
                ('sequence', models.PositiveIntegerField()),
                ('digests', models.JSONField()),
                ('calendar', models.CharField(max_length=200)),
                ('imported_at', models.DateTimeField()),
            ],
            options={'verbose_name': 'imported entry', 'verbose_name_plural': 'imported entries'},
        ),
    ]
