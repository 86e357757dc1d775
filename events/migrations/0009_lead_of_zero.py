"""Allow a reminder at the start itself, whose lead is 0, by dropping the check on leads.

No other check replaces it, because MariaDB copies the whole table to add one. For the same reason, reversing the
migration does not bring it back.
"""

import django.core.validators
from django.db import migrations, models


class DropConstraint(migrations.RemoveConstraint):
    """Drop a constraint if it exists, in one direction only."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = from_state.apps.get_model(app_label, self.model_name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            constraints = schema_editor.connection.introspection.get_constraints(cursor, table)
        if self.name in constraints:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass


class Migration(migrations.Migration):

    dependencies = [('events', '0008_announcement_after_subscription')]

    operations = [
        DropConstraint('reminder', 'reminder_lead_in_range'),
        migrations.AlterField(
            'reminder',
            'lead',
            models.PositiveIntegerField(
                help_text='Minutes before the start.',
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(43200),
                ],
                verbose_name='minutes before the start',
            ),
        ),
    ]
