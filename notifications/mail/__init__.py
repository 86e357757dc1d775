"""Emails about unread notifications, and the mailer."""
