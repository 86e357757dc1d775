"""Test that pushing is best effort and never delays the sweep."""

import asyncio
from typing import Any

import pytest

from config.redis.breaker import Breaker
from notifications.feed import push


def test_redis_that_answers_slowly_holds_up_a_large_batch_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    sent: list[str] = []

    class SlowLayer:
        async def group_send(self, group: str, message: Any) -> None:
            await asyncio.sleep(0.05)
            sent.append(group)

    settings.PUSH_BATCH_TIMEOUT_SECONDS = 0.2
    monkeypatch.setattr(push, "get_channel_layer", lambda alias: SlowLayer())
    monkeypatch.setattr(push, "_breaker", Breaker())

    push._publish([("user.1", {"type": "push"})] * 100)

    assert len(sent) <= 4  # what fits into 0.2 s
    assert push._breaker.is_open()
