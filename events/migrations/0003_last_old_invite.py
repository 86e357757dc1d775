from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_removal'),
    ]

    operations = [
        migrations.AddField('event', 'last_old_invite_id', models.PositiveBigIntegerField(blank=True, editable=False, null=True)),
    ]
