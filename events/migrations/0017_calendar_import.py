"""Store the calendar files that people upload, with how far their imports are and what they have done."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0016_imported_entry'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255)),
                ('calendar_name', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(choices=[('public', 'Public'), ('private', 'Private'), ('draft', 'Draft')], max_length=7)),
                ('status', models.CharField(choices=[('planned', 'Not imported yet'), ('running', 'Partly imported'), ('finished', 'Imported'), ('stopped', 'Stopped')], default='planned', max_length=8)),
                ('calendar', models.BinaryField(null=True)),
                ('report', models.BinaryField(default=b'')),
                ('item_count', models.PositiveIntegerField()),
                ('cancel_count', models.PositiveIntegerField(default=0)),
                ('position', models.PositiveIntegerField(default=0)),
                ('to_cancel', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=Q(position__lte=F('item_count') + F('cancel_count')), name='calendar_import_within_its_steps')],
            },
        ),
    ]
