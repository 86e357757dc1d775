"""The services that write anything about people: one module for each subject. Callers import them from here."""

from accounts.services.api_sessions import (
    SESSION_CLAIM,
    TokenPair,
    close_api_session,
    end_api_session,
    open_api_session,
    refresh_api_session,
    revoke_api_sessions,
    user_of_token,
)
from accounts.services.browser_sessions import (
    end_browser_session,
    end_other_sessions,
    keep_browser_session,
    see_browser_session,
)
from accounts.services.cleanup import delete_some, purge_sessions
from accounts.services.email_addresses import (
    cancel_email_change,
    confirm_email_change,
    request_confirmation,
    request_email_change,
    request_verification,
    undo_email_change,
    verify_email,
)
from accounts.services.feed_tickets import (
    issue_feed_ticket,
    purge_feed_tickets,
    redeem_feed_ticket,
)
from accounts.services.idempotency import (
    Once,
    answer_once,
    attempt_once,
    is_taken,
    purge_idempotency_keys,
    take_key,
)
from accounts.services.outbox import link_token
from accounts.services.passwords import change_password, replace_password, request_password_reset, reset_password
from accounts.services.people import (
    create_user,
    lock_active_user,
    purge_user,
    refuse_taken_address,
    register_user,
    update_profile,
)
from accounts.services.suspension import reinstate_user, request_deletion, suspend_user

__all__ = [
    "SESSION_CLAIM",
    "Once",
    "TokenPair",
    "answer_once",
    "attempt_once",
    "cancel_email_change",
    "change_password",
    "close_api_session",
    "confirm_email_change",
    "create_user",
    "delete_some",
    "end_api_session",
    "end_browser_session",
    "end_other_sessions",
    "is_taken",
    "issue_feed_ticket",
    "keep_browser_session",
    "link_token",
    "lock_active_user",
    "open_api_session",
    "purge_feed_tickets",
    "purge_idempotency_keys",
    "purge_sessions",
    "purge_user",
    "redeem_feed_ticket",
    "refresh_api_session",
    "refuse_taken_address",
    "register_user",
    "reinstate_user",
    "replace_password",
    "request_confirmation",
    "request_deletion",
    "request_email_change",
    "request_password_reset",
    "request_verification",
    "reset_password",
    "revoke_api_sessions",
    "see_browser_session",
    "suspend_user",
    "take_key",
    "undo_email_change",
    "update_profile",
    "user_of_token",
    "verify_email",
]
