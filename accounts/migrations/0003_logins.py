"""Where and when a login was used: rows for browsers, and the same of API sessions."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def see_when_created(apps: Any, schema_editor: Any) -> None:
    apps.get_model('accounts', 'ApiSession').objects.update(seen_at=F('created_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_outgoing_mail'),
    ]

    operations = [
        migrations.AddField('apisession', 'user_agent', models.CharField(blank=True, max_length=200, default='')),
        migrations.AddField('apisession', 'address', models.GenericIPAddressField(blank=True, null=True)),
        migrations.AddField('apisession', 'seen_at', models.DateTimeField(null=True)),
        migrations.RunPython(see_when_created, migrations.RunPython.noop),
        migrations.AlterField('apisession', 'seen_at', models.DateTimeField(db_index=True)),
        migrations.AlterField('apisession', 'user_agent', models.CharField(blank=True, max_length=200)),
        migrations.CreateModel(
            name='BrowserSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('seen_at', models.DateTimeField(db_index=True)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('session_key', models.CharField(max_length=40, unique=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='browser_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
