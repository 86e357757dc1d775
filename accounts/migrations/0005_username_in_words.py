"""The username by a name that is translated; no column changes."""

import django.core.validators
from django.db import migrations

import accounts.fields


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_user_language'),
    ]

    operations = [
        migrations.AlterField(
            'user',
            'username',
            accounts.fields.LowercaseCharField(
                error_messages={'unique': 'That username is taken.'},
                help_text='Small letters, digits and “_ . -”. Other people see it.',
                max_length=40,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        '^[a-zA-Z0-9_.-]+\\Z', 'Use letters, digits and “_ . -” only.'
                    )
                ],
                verbose_name='username',
            ),
        ),
    ]
