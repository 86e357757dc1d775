"""The language of a person's mails."""

from django.db import migrations, models

import accounts.models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_logins'),
    ]

    operations = [
        migrations.AddField(
            'user',
            'language',
            models.CharField(blank=True, db_default='', default='', max_length=10, validators=[accounts.models.validate_language], verbose_name='language'),
        ),
    ]
