"""Does nothing: the names that the admin shows are where models and fields are created.

Here, each of them would make Django build all models again, which takes a second in total.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_wording'),
    ]

    operations = []
