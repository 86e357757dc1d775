"""Refuse misleading email addresses and unusable usernames. No column changes."""

import django.core.validators
from django.db import migrations

import accounts.fields
import accounts.identity


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_identity_letter_by_letter'),
    ]

    operations = [
        migrations.AlterField(
            'user',
            'email',
            accounts.fields.IdentityEmailField(
                error_messages={'unique': 'That e-mail address has an account.'},
                max_length=254,
                unique=True,
                validators=[accounts.identity.validate_email_letters],
                verbose_name='e-mail address',
            ),
        ),
        migrations.AlterField(
            'user',
            'username',
            accounts.fields.IdentityCharField(
                error_messages={'unique': 'That username is taken.'},
                help_text='Small letters, digits and “_ . -”. Other people see it.',
                max_length=40,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        '^(?!\\.{1,2}\\Z)[a-zA-Z0-9_.-]+\\Z',
                        'Use letters, digits and “_ . -” only. “.” and “..” can’t be usernames.',
                    )
                ],
                verbose_name='username',
            ),
        ),
    ]
