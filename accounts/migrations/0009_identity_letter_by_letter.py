"""Compare email addresses and usernames letter by letter on MariaDB and MySQL, too.

MariaDB builds a new index of the column beside the old one. With a million rows (10.11) that takes 1.2 s for each of
the three columns; meanwhile reads never wait, and writes waited 40 ms at most. MySQL copies the table instead, while
reads go on and writes to that table wait: a copy forced on MariaDB took 9 s for each column of a million users. MySQL has
the collation from 8.0.17 on. The previous version works with the changed columns.

On SQLite the table is copied and nothing else changes, because SQLite always compared the columns like this.

Backwards, two rows that differ only by what the default collation folds (`a@éxample.org` and `a@example.org`) break the
unique key of that collation, and the migration fails at that column with a duplicate entry: rename one of them first. No
data is lost then. Forwards nothing can fail, since the new key allows all that the old one did.
"""

import django.core.validators
from django.db import migrations

import accounts.fields


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_mails_of_changed_addresses'),
    ]

    operations = [
        migrations.AlterField(
            'user',
            'email',
            accounts.fields.IdentityEmailField(
                error_messages={'unique': 'That e-mail address has an account.'},
                max_length=254,
                unique=True,
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
                        '^[a-zA-Z0-9_.-]+\\Z', 'Use letters, digits and “_ . -” only.'
                    )
                ],
                verbose_name='username',
            ),
        ),
        migrations.AlterField(
            'accountmail',
            'address',
            accounts.fields.IdentityEmailField(max_length=254, verbose_name='email address'),
        ),
    ]
