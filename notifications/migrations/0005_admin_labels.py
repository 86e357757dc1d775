"""Name models and fields as the admin shows them; no column changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0004_admin_labels'),
        ('notifications', '0004_mail_from_now_on'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='heartbeat',
            options={'verbose_name': 'delivery job', 'verbose_name_plural': 'delivery jobs'},
        ),
        migrations.AlterModelOptions(
            name='noticemail',
            options={'verbose_name': 'notification email', 'verbose_name_plural': 'notification emails'},
        ),
        migrations.AlterModelOptions(
            name='notification',
            options={'verbose_name': 'notification', 'verbose_name_plural': 'notifications'},
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='missed_count',
            field=models.PositiveBigIntegerField(default=0, verbose_name='missed reminders'),
        ),
        migrations.AlterField(
            model_name='heartbeat',
            name='swept_at',
            field=models.DateTimeField(verbose_name='last run'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='due_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='next attempt'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='given_up_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='failed'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='last_error',
            field=models.CharField(blank=True, max_length=200, verbose_name='last error'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='recipient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recipient'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='refusals',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='rejections'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='sent_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='sent'),
        ),
        migrations.AlterField(
            model_name='noticemail',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='all_day',
            field=models.BooleanField(db_default=False, default=False, verbose_name='all day'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='created_at',
            field=models.DateTimeField(verbose_name='sent'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='detail',
            field=models.JSONField(blank=True, default=dict, verbose_name='details'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='emailed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='emailed'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='event',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='events.event', verbose_name='event'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='headline',
            field=models.CharField(max_length=200, verbose_name='title'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('reminder', 'Reminder'), ('rescheduled', 'Time changed'), ('relocated', 'Location changed'), ('cancelled', 'Cancelled'), ('message', 'Message')], max_length=11, verbose_name='type'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='lead',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='minutes before the start'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='location',
            field=models.CharField(blank=True, max_length=255, verbose_name='location'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='mail',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='notifications.noticemail', verbose_name='email'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='read_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='read'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='recipient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL, verbose_name='recipient'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='source',
            field=models.CharField(max_length=100, verbose_name='source'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='starts_at',
            field=models.DateTimeField(verbose_name='starts'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='time_zone',
            field=models.CharField(max_length=64, verbose_name='time zone'),
        ),
    ]
