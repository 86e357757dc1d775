"""Add the address that waits to be confirmed, and since when. Older versions leave the columns empty."""

from django.db import migrations, models

import accounts.fields


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_database_defaults'),
    ]

    operations = [
        migrations.AddField(
            'user',
            'pending_email',
            accounts.fields.IdentityEmailField(
                blank=True, max_length=254, null=True, verbose_name='new email address'
            ),
        ),
        migrations.AddField('user', 'pending_email_at', models.DateTimeField(blank=True, null=True)),
    ]
