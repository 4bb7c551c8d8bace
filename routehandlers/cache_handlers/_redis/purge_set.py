"""The purges in Redis: one sorted set, which every process adds to and reads the end of."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable
from typing import Any

import redis

from ...exceptions import StorageError
from ..purges import Purges
from .scripts import run_script
from .tracking import Tracking

# Seconds that a thread waits for another that reads.
_PATIENCE = 1.0

# Seconds for which it is not looked again whether a message has come. Looking is a step into the kernel, which a hit
# that takes two microseconds would feel; the thread that listens hears of it in the meantime as a rule.
_TRUST = 0.0005

_MOST_PURGES = 20_000

# Sorted by number, the epoch first. Members: "e:<epoch>", "f:" for the floor, and
# '["tag", until]' for a purge; a tag's newer purge moves its member. Numbers count up from the microseconds of the
# moment, so that none comes again when Redis begins anew from an old snapshot.
_READ = """
local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if not first or string.sub(first, 1, 2) ~= 'e:' then
  redis.call('DEL', KEYS[1])
  redis.call('ZADD', KEYS[1], 0, 'e:' .. ARGV[3])
  first = 'e:' .. ARGV[3]
end
local since = '(0'
if first == 'e:' .. ARGV[1] then
  since = '(' .. ARGV[2]
  if tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]) < tonumber(ARGV[2]) then
    -- What has been counted is gone: restored from a snapshot, or failed over.
    redis.call('DEL', KEYS[1])
    redis.call('ZADD', KEYS[1], 0, 'e:' .. ARGV[3])
    first, since = 'e:' .. ARGV[3], '(0'
  end
end
return {first, redis.call('ZRANGEBYSCORE', KEYS[1], since, '+inf', 'WITHSCORES')}
"""

_PURGE = """
local first = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if not first then redis.call('ZADD', KEYS[1], 0, 'e:' .. ARGV[1]) end
local time = redis.call('TIME')
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
local number = math.max(last + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
number = string.format('%.0f', number)
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], number, ARGV[i]) end
local count = redis.call('ZCARD', KEYS[1])
if count > tonumber(ARGV[2]) then
  local half = math.floor(count / 2)
  local floor = redis.call('ZRANGE', KEYS[1], half, half, 'WITHSCORES')[2]
  redis.call('ZREMRANGEBYRANK', KEYS[1], 1, half)
  redis.call('ZADD', KEYS[1], floor, 'f:')
end
return number
"""


class PurgeSet:
    """The purges under one key.

    :param strict: See ``RedisCacheHandler``.
    """

    def __init__(self, client: Any, key: str, *, strict: bool) -> None:
        self._client = client
        self._key = key
        self._strict = strict
        self._read = client.register_script(_READ)
        self._purge = client.register_script(_PURGE)
        self._purges = Purges()
        self._applied: float = -1
        self._failed_at = -1.0
        self._lock = threading.Lock()
        self._tracking = Tracking(client, key, is_used=not strict)

    def read(self) -> Purges:
        tracking = self._tracking
        if tracking.heard == self._applied and not self._strict:
            now = time.monotonic()
            if now < tracking.trusted_until:
                return self._purges
            tracking.trusted_until = now + _TRUST
            if not tracking.peek():
                return self._purges
            tracking.hear()
        self._read_more()
        return self._purges

    def append(self, tags: Iterable[str], until: float | None) -> int:
        members = [json.dumps([tag, until]) for tag in tags]
        try:
            number = self._purge([self._key], [secrets.token_hex(16), _MOST_PURGES, *members])
        except redis.ResponseError:
            # No room, or not our key. Removing needs no room, and another epoch forgets what this purge should have.
            self._client.delete(self._key)
            number = 0
        self._tracking.hear()
        return int(number)

    def _read_more(self) -> None:
        """Read what is new; of many threads that want it one does, and the others wait as long as it may take."""
        entered = time.monotonic()
        if not self._lock.acquire(timeout=_PATIENCE):
            raise StorageError("Redis does not answer")
        try:
            self._tracking.start()
            heard = self._tracking.heard
            if heard == self._applied and not self._strict:
                return
            if self._failed_at >= entered:  # while this one waited; it need not find out for itself
                raise StorageError("Redis has just failed")
            try:
                self._purges = self._read_purges(self._purges)
            except BaseException:
                self._failed_at = time.monotonic()
                raise
            # What was heard while it was read is read next time.
            self._applied = heard
        finally:
            self._lock.release()

    def _read_purges(self, known: Purges) -> Purges:
        arguments: list[Any] = [known.epoch, known.number, secrets.token_hex(16)]
        first, records = run_script(self._client, self._read, [self._key], arguments)
        epoch = first.decode().removeprefix("e:")
        if epoch != known.epoch:
            known = Purges(epoch)
        for member, score in zip(records[::2], records[1::2], strict=True):
            _apply(known, member, int(float(score)))
        return known


def _apply(purges: Purges, member: bytes, number: int) -> None:
    try:
        if member == b"f:":
            purges.raise_floor(number)
        else:
            tag, until = json.loads(member)
            purges.apply(number, [tag], until if until is None else float(until), time.time())
    except Exception:  # somebody else wrote there: it may mean anything
        purges.raise_floor(number)
