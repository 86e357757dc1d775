"""How often an account was locked or unlocked, which ends its logins for good.

The column has a default of the database's own: MariaDB and MySQL add it at once, whatever the number of rows, and the
version before goes on signing people up. Accounts that are locked by that version meanwhile lose their logins when
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
