"""Columns that were added to tables in use have a default of the database's own: while a new version is deployed, the
one before goes on inserting rows without naming what it does not know.
"""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_username_in_words'),
    ]

    operations = [
        migrations.AlterField('user', 'mail_muted', models.JSONField(blank=True, db_default=[], default=list)),
        migrations.AlterField('user', 'toast_muted', models.JSONField(blank=True, db_default=[], default=list)),
        migrations.AlterField('apisession', 'seen_at', models.DateTimeField(db_default=Now(), db_index=True)),
        migrations.AlterField('browsersession', 'seen_at', models.DateTimeField(db_default=Now(), db_index=True)),
        migrations.AlterField(
            'apisession', 'user_agent', models.CharField(blank=True, db_default='', default='', max_length=200)
        ),
        migrations.AlterField(
            'browsersession', 'user_agent', models.CharField(blank=True, db_default='', default='', max_length=200)
        ),
    ]
