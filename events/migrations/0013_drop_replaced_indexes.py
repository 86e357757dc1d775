"""Drop the indexes in place of which there are better ones, so that the database does not choose them."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('events', '0012_found_by_index')]

    operations = [
        migrations.RemoveIndex('event', 'event_listing'),
        migrations.RemoveIndex('event', 'event_over'),
        migrations.RemoveIndex('event', 'event_author_over'),
    ]
