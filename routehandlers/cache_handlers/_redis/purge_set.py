"""Purges in Redis: a sorted set to which every process adds, and whose end every process reads."""

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
from .deadline import deadline, time_left
from .patience import UNANSWERED, Patience, drop_idle_connections
from .scripts import run_script
from .tracking import Tracking

# Seconds that a thread waits for another thread that reads, if it has no less time left.
_PATIENCE = 1.0

# Seconds between two checks for a message. A check is a system call, and a hit takes only two microseconds; usually
# the listening thread receives the message in the meantime.
_TRUST = 0.0005

# Beyond this number of purges, the older half is replaced by a floor; see ``Purges.floor``.
_MOST_PURGES = 20_000

# Sorted by number, the epoch first. Members: "e:<epoch>", "f:" for the floor, and '["tag", until]' for a purge; a newer
# purge of the same tag moves its member. A number is at least the time in microseconds, so that none is used twice when
# Redis restarts from an old snapshot.
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
    -- Purges have been lost: Redis was restored from a snapshot, or failed over.
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
    """Purges under one key.

    :param strict: See ``RedisCacheHandler``.
    """

    def __init__(self, client: Any, key: str, patience: Patience, *, strict: bool) -> None:
        self._client = client
        self._key = key
        self._patience = patience
        self._strict = strict
        self._read = client.register_script(_READ)
        self._purge = client.register_script(_PURGE)
        self._purges = Purges()
        # Value of ``Tracking.heard`` before the last read, and time of the last read that failed.
        self._applied: float = -1
        self._failed_at = -1.0
        self._lock = threading.Lock()
        self._tracking = Tracking(client, key, is_used=not strict)

    def read(self) -> Purges:
        """Return all purges so far; without ``strict``, all that Redis has announced."""
        tracking = self._tracking
        if tracking.heard == self._applied and not self._strict:
            now = time.monotonic()
            if now < tracking.trusted_until:
                return self._purges
            if not tracking.peek():
                # After the look, so that no other thread trusts a look that has only begun.
                tracking.trusted_until = now + _TRUST
                return self._purges
            tracking.hear()
        with self._patience.bounded():
            self._read_more()
        return self._purges

    def append(self, tags: Iterable[str], until: float | None) -> int:
        """Add a purge and return its number, or 0 if it could not be added: then all entries are gone.

        It is tried at once, whatever has failed before, and has its own time. If a connection of the pool does not
        answer in half of the time, it is tried once more with a new connection.
        """
        members = [json.dumps([tag, until]) for tag in tags]
        try:
            with deadline(self._patience.seconds):
                number = self._append_twice([secrets.token_hex(16), _MOST_PURGES, *members])
        except UNANSWERED:
            self._patience.fail()
            raise
        self._tracking.hear()
        return number

    def _append_twice(self, arguments: list[Any]) -> int:
        try:
            with deadline(self._patience.seconds / 2):
                return self._append(arguments)
        except UNANSWERED:
            drop_idle_connections(self._client)
        return self._append(arguments)

    def _append(self, arguments: list[Any]) -> int:
        try:
            return int(self._purge([self._key], arguments))
        except redis.ResponseError:
            # No memory, or a key of another program. Deleting needs no memory, and the new epoch includes this purge.
            self._client.delete(self._key)
            return 0

    def _read_more(self) -> None:
        """Read new purges. If several threads call it, one reads and the others wait for it."""
        entered = time.monotonic()
        if not self._lock.acquire(timeout=time_left(_PATIENCE) or _PATIENCE):
            raise StorageError("Redis does not answer.")
        try:
            self._tracking.start()
            heard = self._tracking.heard
            if heard == self._applied and not self._strict:
                return
            if self._failed_at >= entered:  # while this thread waited: do not wait for Redis again
                raise StorageError("Redis has just failed in another thread.")
            try:
                self._purges = self._read_purges(self._purges)
            except BaseException:
                self._failed_at = time.monotonic()
                raise
            # Messages that arrived meanwhile cause another read.
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
    except Exception:  # written by another program: all older entries are gone
        purges.raise_floor(number)
