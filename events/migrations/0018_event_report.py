"""Store what readers report about events."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0017_calendar_import'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EventReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('spam', 'Spam or advertising'), ('offensive', 'Offensive or hateful'), ('misleading', 'Misleading or fraudulent'), ('illegal', 'Illegal'), ('other', 'Something else')], max_length=10, verbose_name='reason')),
                ('text', models.TextField(blank=True, max_length=2000, verbose_name='details')),
                ('created_at', models.DateTimeField(verbose_name='reported')),
                ('is_open', models.BooleanField(default=True, editable=False, null=True, verbose_name='open')),
                ('resolved_at', models.DateTimeField(blank=True, null=True, verbose_name='resolved')),
                ('outcome', models.CharField(blank=True, choices=[('dismissed', 'Dismissed'), ('acted', 'Action taken')], max_length=9, verbose_name='outcome')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='events.event', verbose_name='event')),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='reported by')),
            ],
            options={
                'verbose_name': 'report',
                'verbose_name_plural': 'reports',
                'indexes': [models.Index(fields=['is_open', 'id'], name='event_report_open')],
                'constraints': [models.UniqueConstraint(fields=('event', 'reporter', 'is_open'), name='event_report_once'), models.CheckConstraint(condition=models.Q(models.Q(('is_open__isnull', False), ('resolved_at__isnull', True)), models.Q(('is_open__isnull', True), ('resolved_at__isnull', False)), _connector='OR'), name='event_report_open_or_resolved')],
            },
        ),
    ]
