"""Name models and fields as the admin shows them; no column changes."""

import accounts.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_wording'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='accountmail',
            options={'verbose_name': 'account email', 'verbose_name_plural': 'account emails'},
        ),
        migrations.AlterModelOptions(
            name='apisession',
            options={'verbose_name': 'API session', 'verbose_name_plural': 'API sessions'},
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='due_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='next attempt'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='given_up_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='failed'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='last_error',
            field=models.CharField(blank=True, max_length=200, verbose_name='last error'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='refusals',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='rejections'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sent'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='link used'),
        ),
        migrations.AlterField(
            model_name='accountmail',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='mails', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='apisession',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='apisession',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='revoked'),
        ),
        migrations.AlterField(
            model_name='apisession',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_sessions', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='browsersession',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='user',
            name='default_leads',
            field=models.JSONField(blank=True, default=accounts.models.default_leads, validators=[accounts.models.validate_leads], verbose_name='default reminders (minutes before the start)'),
        ),
        migrations.AlterField(
            model_name='user',
            name='deletion_requested_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='deletion requested'),
        ),
        migrations.AlterField(
            model_name='user',
            name='email_verified_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='email address verified'),
        ),
        migrations.AlterField(
            model_name='user',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=10, validators=[accounts.models.validate_language], verbose_name='language'),
        ),
        migrations.AlterField(
            model_name='user',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=64, validators=[accounts.models.validate_time_zone], verbose_name='time zone'),
        ),
    ]
