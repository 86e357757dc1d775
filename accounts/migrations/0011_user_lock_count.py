"""Count how often an account was locked or unlocked, so that its logins end for good.

The database itself holds the column's default: MariaDB and MySQL add it at once, whatever the number of rows, and the
previous version can still sign people up. Accounts that it locks meanwhile lose their logins when
they are unlocked.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_names_nobody_can_have'),
    ]

    operations = [
        migrations.AddField('user', 'lock_count', models.PositiveIntegerField(db_default=0, default=0, editable=False)),
    ]
