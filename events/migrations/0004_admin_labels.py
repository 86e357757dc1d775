"""Does nothing: the names that the admin shows are where models and fields are created.

Here, each of them would make Django build all models again, which takes a second in total.
"""

from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_last_old_invite'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = []
