"""Add kinds of mails about accounts. No column changes.

A mailer of the previous version takes a kind that it does not know for a changed password, and says so in place of the
link: start the new mailer before the new web.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_pending_email'),
    ]

    operations = [
        migrations.AlterField(
            'accountmail',
            'kind',
            models.CharField(
                choices=[
                    ('verify', 'Verify the address'),
                    ('reset', 'Reset the password'),
                    ('confirm_email', 'Confirm a new address'),
                    ('change_asked', 'Another address was asked for'),
                    ('restored', 'Address restored'),
                    ('email_changed', 'Address changed'),
                    ('password_changed', 'Password changed'),
                ],
                max_length=16,
            ),
        ),
    ]
