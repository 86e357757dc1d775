"""Check Redis: that it answers, that pushes pass through it, and what it does when its memory is full."""

import asyncio
import uuid

from channels.layers import get_channel_layer
from django.conf import settings
from redis import Redis

from config.doctor.findings import Finding, failed, ok, warning

TIMEOUT_SECONDS = 3
FULL = 0.9


def connected() -> Redis:
    """Return a client that gives up soon. Close it with `with`."""
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        decode_responses=True,
    )


def server_finding() -> Finding:
    with connected() as client:
        client.ping()
        about = {**client.info("server"), **client.info("memory")}
    name = about.get("server_name", "redis").capitalize()
    said = f"{name} {about.get('valkey_version') or about['redis_version']}"
    most, policy = int(about.get("maxmemory", 0)), about.get("maxmemory_policy", "noeviction")
    if most and int(about["used_memory"]) > FULL * most:
        used = f"{int(about['used_memory']) >> 20} of {most >> 20} MiB"
        return failed(f"{said} is full: {used}", "Raise maxmemory, or find what fills it: redis-cli --bigkeys")
    if most and policy.startswith("allkeys"):
        return warning(
            f"{said} deletes any key when its memory is full ({policy})",
            "Requests for sweeps and counts of rate limits can vanish. Set maxmemory-policy to volatile-ttl.",
        )
    return ok(f"{said}, {policy if most else 'without a memory limit'}")


def pushes_finding() -> Finding:
    """Send a message to a group of its own as pushes are sent, and receive it as the feed does."""
    seconds = asyncio.run(_round_trip())
    return ok(f"a message through the channel layer took {seconds * 1000:.0f} ms")


async def _round_trip() -> float:
    feed, push = get_channel_layer("default"), get_channel_layer("push")
    group, channel = f"doctor.{uuid.uuid4().hex}", await feed.new_channel()
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await feed.group_add(group, channel)
            loop = asyncio.get_running_loop()
            began = loop.time()
            await push.group_send(group, {"type": "doctor"})
            await feed.receive(channel)
            return loop.time() - began
    finally:
        await feed.flush()
        await push.flush()
