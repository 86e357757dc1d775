"""Emails: putting a message together, and handing it to the mail server. What they say is in the apps."""
