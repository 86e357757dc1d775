"""Record labels and messages in their new wording; no column changes."""

import django.core.validators
from django.db import migrations, models

import accounts.fields
import accounts.identity


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_idempotency_keys'),
    ]

    operations = [
        migrations.AlterField(
            'user',
            'email',
            accounts.fields.IdentityEmailField(
                error_messages={'unique': 'There’s already an account with this email address.'},
                max_length=254,
                unique=True,
                validators=[accounts.identity.validate_email_letters],
                verbose_name='email address',
            ),
        ),
        migrations.AlterField(
            'user',
            'username',
            accounts.fields.IdentityCharField(
                error_messages={'unique': 'That username is taken.'},
                help_text='Lowercase letters, numbers and “_ . -”. Visible to others.',
                max_length=40,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        '^(?!\\.{1,2}\\Z)[a-zA-Z0-9_.-]+\\Z',
                        'Only letters, numbers and “_ . -” are allowed. “.” and “..” can’t be usernames.',
                    )
                ],
                verbose_name='username',
            ),
        ),
    ]
