"""Let each kind of background process record when it last worked, and since when its work fails."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('notifications', '0009_index_of_gone_notifications')]

    operations = [
        migrations.CreateModel(
            name='ProcessHeartbeat',
            fields=[
                (
                    'kind',
                    models.CharField(
                        choices=[('worker', 'worker and beat'), ('sweeper', 'sweeper'), ('mailer', 'mailer')],
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                        verbose_name='process',
                    ),
                ),
                ('worked_at', models.DateTimeField(verbose_name='last run')),
                ('delivered_at', models.DateTimeField(blank=True, null=True, verbose_name='last delivery')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('failed_at', models.DateTimeField(blank=True, null=True, verbose_name='last failure')),
                ('failure_count', models.PositiveBigIntegerField(db_default=0, default=0, verbose_name='failures')),
            ],
            options={
                'verbose_name': 'background process',
                'verbose_name_plural': 'background processes',
            },
        ),
    ]
