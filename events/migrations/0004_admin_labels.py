"""Name models and fields as the admin shows them; no column changes."""

import accounts.models
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_last_old_invite'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='announcement',
            options={'verbose_name': 'change or message', 'verbose_name_plural': 'changes and messages'},
        ),
        migrations.AlterModelOptions(
            name='event',
            options={'verbose_name': 'event', 'verbose_name_plural': 'events'},
        ),
        migrations.AlterModelOptions(
            name='reminder',
            options={'verbose_name': 'reminder', 'verbose_name_plural': 'reminders'},
        ),
        migrations.AlterModelOptions(
            name='removal',
            options={'verbose_name': 'removed subscriber', 'verbose_name_plural': 'removed subscribers'},
        ),
        migrations.AlterModelOptions(
            name='subscription',
            options={'verbose_name': 'subscription', 'verbose_name_plural': 'subscriptions'},
        ),
        migrations.AlterField(
            model_name='announcement',
            name='after',
            field=models.JSONField(blank=True, default=dict, verbose_name='after'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='before',
            field=models.JSONField(blank=True, default=dict, verbose_name='before'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='cursor',
            field=models.PositiveBigIntegerField(default=0, verbose_name='sent to subscriptions up to'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='due'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='events.event', verbose_name='event'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='kind',
            field=models.CharField(choices=[('rescheduled', 'Time changed'), ('relocated', 'Location changed'), ('cancelled', 'Cancelled'), ('message', 'Message')], max_length=11, verbose_name='type'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='last_subscription_id',
            field=models.PositiveBigIntegerField(verbose_name='goes to subscriptions up to'),
        ),
        migrations.AlterField(
            model_name='announcement',
            name='text',
            field=models.TextField(blank=True, max_length=2000, verbose_name='message'),
        ),
        migrations.AlterField(
            model_name='event',
            name='all_day',
            field=models.BooleanField(default=False, verbose_name='all day'),
        ),
        migrations.AlterField(
            model_name='event',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to=settings.AUTH_USER_MODEL, verbose_name='organiser'),
        ),
        migrations.AlterField(
            model_name='event',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='cancelled'),
        ),
        migrations.AlterField(
            model_name='event',
            name='created_at',
            field=models.DateTimeField(verbose_name='created'),
        ),
        migrations.AlterField(
            model_name='event',
            name='deleted_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='deleted'),
        ),
        migrations.AlterField(
            model_name='event',
            name='description',
            field=models.TextField(blank=True, max_length=20000, verbose_name='description'),
        ),
        migrations.AlterField(
            model_name='event',
            name='ends_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='ends'),
        ),
        migrations.AlterField(
            model_name='event',
            name='headline',
            field=models.CharField(max_length=200, verbose_name='title'),
        ),
        migrations.AlterField(
            model_name='event',
            name='location',
            field=models.CharField(blank=True, max_length=255, verbose_name='location'),
        ),
        migrations.AlterField(
            model_name='event',
            name='notified_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='first reminder sent'),
        ),
        migrations.AlterField(
            model_name='event',
            name='over_at',
            field=models.DateTimeField(editable=False, verbose_name='past from'),
        ),
        migrations.AlterField(
            model_name='event',
            name='rearm_cursor',
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name='reminders rescheduled up to subscription'),
        ),
        migrations.AlterField(
            model_name='event',
            name='revision',
            field=models.PositiveIntegerField(default=0, verbose_name='revision'),
        ),
        migrations.AlterField(
            model_name='event',
            name='starts_at',
            field=models.DateTimeField(verbose_name='starts'),
        ),
        migrations.AlterField(
            model_name='event',
            name='state',
            field=models.CharField(choices=[('public', 'Public'), ('private', 'Private'), ('draft', 'Draft')], default='private', max_length=7, verbose_name='visibility'),
        ),
        migrations.AlterField(
            model_name='event',
            name='subscriber_count',
            field=models.PositiveIntegerField(default=0, verbose_name='subscribers'),
        ),
        migrations.AlterField(
            model_name='event',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=64, validators=[accounts.models.validate_time_zone], verbose_name='time zone'),
        ),
        migrations.AlterField(
            model_name='event',
            name='uid_digest',
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, verbose_name='SHA-256 of the imported UID'),
        ),
        migrations.AlterField(
            model_name='event',
            name='updated_at',
            field=models.DateTimeField(verbose_name='updated'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='armed_for',
            field=models.DateTimeField(verbose_name='for the start'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='due'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='events.event', verbose_name='event'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='lead',
            field=models.PositiveIntegerField(help_text='Minutes before the start.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(43200)], verbose_name='minutes before the start'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='subscription',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='events.subscription', verbose_name='subscription'),
        ),
        migrations.AlterField(
            model_name='removal',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='removals', to='events.event', verbose_name='event'),
        ),
        migrations.AlterField(
            model_name='removal',
            name='removed_at',
            field=models.DateTimeField(verbose_name='removed'),
        ),
        migrations.AlterField(
            model_name='removal',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='created_at',
            field=models.DateTimeField(verbose_name='subscribed'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='events.event', verbose_name='event'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to=settings.AUTH_USER_MODEL, verbose_name='user'),
        ),
    ]
