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
                    ('verify', 'Verify email address'),
                    ('reset', 'Reset password'),
                    ('confirm_email', 'Confirm new email address'),
                    ('change_asked', 'Email address change requested'),
                    ('restored', 'Email address restored'),
                    ('email_changed', 'Email address changed'),
                    ('password_changed', 'Password changed'),
                ],
                max_length=16,
            ),
        ),
    ]
