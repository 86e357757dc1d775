from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField("notification", "all_day", models.BooleanField(db_default=False, default=False, verbose_name='all day')),
    ]
