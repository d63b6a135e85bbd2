"""How often a client may ask: by its key, by its address without one. Who sends wrong keys is held back much sooner.

The numbers are settings. One server process counts in its memory; several count together in Redis where
`DETENTION_REDIS_URL` names one, and each for itself else. The headers are those of the IETF draft "RateLimit header
fields for HTTP", version 10.
"""

import logging
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string
from starlette.types import Scope

from app.database.settings import Settings
from app.errors import TooManyRequests

log = logging.getLogger(__name__)
Headers = list[tuple[bytes, bytes]]
WINDOW: Final = 60
"""Seconds in which requests are counted."""


class RateLimits:
    """Counts requests and refuses those beyond a limit; one of 0 is none."""

    def __init__(self, settings: Settings) -> None:
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._limiter = self._memory
        self._away: type[Exception] | tuple[type[Exception], ...] = ()
        self._pool: Any = None
        if settings.redis_url is not None:
            # It comes with an extra.
            from redis.asyncio import ConnectionPool  # noqa: PLC0415

            self._pool = ConnectionPool.from_url(settings.redis_url)
            redis = storage_from_string(
                f"async+{settings.redis_url}", implementation="redispy", connection_pool=self._pool
            )
            self._limiter, self._away = FixedWindowRateLimiter(redis), redis.base_exceptions
        self._by_address = _per_minute(settings.requests_per_minute)
        self._by_key = _per_minute(settings.key_requests_per_minute)
        self._wrong_keys = _per_minute(settings.wrong_keys_per_minute)

    async def close(self) -> None:
        """Let go of Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def count(self, scope: Scope, key: str | None) -> Headers:
        """Count one request; the headers that say how many are left. Raises `TooManyRequests`."""
        name, item, client = ("key", self._by_key, key) if key else ("address", self._by_address, address_of(scope))
        if item is None or client is None:
            return []
        passed, left, reset = await self._hit(item, name, client)
        headers = [
            (b"ratelimit-policy", f'"{name}";q={item.amount};w={WINDOW}'.encode()),
            (b"ratelimit", f'"{name}";r={left};t={reset}'.encode()),
        ]
        if not passed:
            raise TooManyRequests(f"More than {item.amount} requests a minute", reset, headers)
        return headers

    async def check_keys(self, scope: Scope) -> None:
        """Refuse an address that has sent too many wrong keys, before another of its keys is looked at."""
        if self._wrong_keys is not None:
            left, reset = await self._state(self._wrong_keys, "wrong keys", address_of(scope))
            if left <= 0:
                raise TooManyRequests(f"More than {self._wrong_keys.amount} wrong keys a minute", reset, [])

    async def count_wrong_key(self, scope: Scope) -> None:
        """Count a key that did not work."""
        if self._wrong_keys is not None:
            await self._hit(self._wrong_keys, "wrong keys", address_of(scope))

    async def _hit(self, item: RateLimitItem, name: str, client: str) -> tuple[bool, int, int]:
        """Whether one more may pass, how many are left, and the seconds until all are again."""
        try:
            passed = await self._limiter.hit(item, name, client)
        except self._away as error:
            self._fall_back(error)
            passed = await self._limiter.hit(item, name, client)
        return passed, *await self._state(item, name, client)

    async def _state(self, item: RateLimitItem, name: str, client: str) -> tuple[int, int]:
        try:
            state = await self._limiter.get_window_stats(item, name, client)
        except self._away as error:
            self._fall_back(error)
            state = await self._limiter.get_window_stats(item, name, client)
        return state.remaining, max(1, ceil(state.reset_time - time()))

    def _fall_back(self, error: Exception) -> None:
        """Count in memory from now on: a Redis that is away is no reason to serve nobody, or without limit."""
        log.warning("Redis does not answer (%s): requests are counted by each server process", type(error).__name__)
        self._limiter = self._memory


def _per_minute(amount: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(amount) if amount else None


def address_of(scope: Scope) -> str:
    """Who asks: an address, or the network of 64 bits around one of IPv6, which one client has for itself."""
    host = (scope.get("client") or ("local",))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    return f"{int(address) >> 64:x}::/64" if isinstance(address, IPv6Address) else host
