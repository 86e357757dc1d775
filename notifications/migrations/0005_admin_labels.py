"""Does nothing: the names that the admin shows are where models and fields are created.

Here, each of them would make Django build all models again, which takes a second in total.
"""

from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0004_admin_labels'),
        ('notifications', '0004_mail_from_now_on'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = []
