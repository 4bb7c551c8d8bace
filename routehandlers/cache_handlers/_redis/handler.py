"""``redis://``: entries that many machines share. It speaks to Redis 6 and newer, and to Valkey.

::

    {routehandlers}:entry:abc…    one frame, with its time to live
    {routehandlers}:missing       the keys of what says that there is nothing, oldest first
    {routehandlers}:lock:abc…     who renders; it runs out unless it is renewed
    {routehandlers}:purges        a sorted set: tags with the numbers of their purges

The braces keep all keys in one slot of a cluster. Everything about purges lies
in one key, so that what evicts or removes it cannot take a part: the next
reader begins another epoch, and no entry of before counts.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ModuleNotFoundError:
    raise ImportError('redis:// needs redis-py. Install it with: pip install "routehandlers[redis]"') from None

from ...exceptions import StorageError
from ..base import Lock
from ..entry import Entry
from ..frame import decode_frame, encode_frame
from ..purges import Purges
from .lock import LockKeeper, RedisLock
from .tracking import Tracking

logger = logging.getLogger("routehandlers")

# Seconds after which an unanswered command has failed: a request waits so long at most.
_TIMEOUT = 0.5

# Seconds that a thread waits for another that reads.
_PATIENCE = 1.0

# Seconds for which it is not looked again whether a message has come. Looking is a step into the kernel, which a hit
# that takes two microseconds would feel; the thread that listens hears of it in the meantime as a rule.
_TRUST = 0.0005

# Servers by how far their clocks are ahead, as far as this process has asked. It asks once: a clock that is put right
# later, or that a test moves, moves ages, as it should.
_skews: dict[str, float] = {}
_NOISE = 1.0

_MOST_MISSING = 10_000
_MOST_PURGES = 20_000
_MAX_ENTRY_SIZE = 8 * 2**20

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

_SET = """
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[3] == '' then return redis.call('ZREM', KEYS[2], KEYS[1]) end
redis.call('ZADD', KEYS[2], 'NX', ARGV[3], KEYS[1])
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if over > 0 then
  for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, over - 1)) do redis.call('DEL', key) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1)
end
"""


class RedisCacheHandler:
    """Entries in Redis, whose ``maxmemory`` bounds them. Use the policy ``allkeys-lru`` or ``volatile-lru``.

    :param client: With ``protocol=2``, short timeouts and no retries, as ``from_url`` makes it.
    :param prefix: Before every key; what shares it shares its entries.
    :param strict: Ask Redis before every hit whether there was a purge, in place of waiting for its message. A
        hit then takes a round trip. Also the way for clients of a cluster.
    """

    is_shared = True
    max_entry_size = _MAX_ENTRY_SIZE

    def __init__(self, client: redis.Redis, *, prefix: str = "routehandlers", strict: bool = False) -> None:
        self._client: Any = client  # redis-py's types tell synchronous from asynchronous answers only at length
        self._prefix = f"{{{prefix}}}"
        self._strict = strict
        self._where = f"{client!r} {prefix}"
        self._read = client.register_script(_READ)
        self._purge = client.register_script(_PURGE)
        self._set = client.register_script(_SET)
        self.after_fork()

    @classmethod
    def from_url(cls, url: str) -> RedisCacheHandler:
        """From ``redis://``, ``rediss://`` or ``unix://`` as redis-py reads them, with ``prefix`` and ``strict``."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        prefix, strict = options.pop("prefix", "routehandlers"), options.pop("strict", "0")
        plain = urlunsplit(parts._replace(query=urlencode(options)))
        defaults: dict[str, Any] = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT}
        client = redis.Redis.from_url(plain, **defaults, protocol=2, retry=Retry(NoBackoff(), 0))
        return cls(client, prefix=prefix, strict=strict not in {"", "0", "false"})

    def after_fork(self) -> None:
        self._purges = Purges()
        self._applied: float = -1
        self._failed_at = -1.0
        self._lock = threading.Lock()
        self._tracking = Tracking(self._client, self._key("purges"), is_used=not self._strict)
        self._keeper = LockKeeper(self._client)

    # Entries ----------------------------------------------------------------

    def get(self, key: str) -> Entry | None:
        try:
            frame = self._client.get(self._entry_key(key))
        except redis.ResponseError:  # somebody else wrote there; the next set() replaces it
            return None
        entry = decode_frame(frame) if isinstance(frame, bytes) else None
        return entry if entry is not None and entry.key == key else None

    def set(self, entry: Entry) -> None:
        life = max(1, int(entry.expire * 1000))
        name, frame = self._entry_key(entry.key), encode_frame(entry)
        if entry.is_missing:
            arguments: list[Any] = [frame, life, repr(time.time()), _MOST_MISSING]
        else:
            arguments = [frame, life, "", 0]
        try:
            self._set([name, self._key("missing")], arguments)
        except redis.ResponseError as error:
            if "WRONGTYPE" not in str(error):
                raise
            self._client.delete(self._key("missing"))  # somebody else wrote there
            self._set([name, self._key("missing")], arguments)

    def delete(self, key: str) -> None:
        name = self._entry_key(key)
        self._client.delete(name)
        self._client.zrem(self._key("missing"), name)

    def clock_skew(self) -> float:
        """By Redis's clock, which all machines share."""
        known = _skews.get(self._where)
        if known is None:
            seconds, microseconds = self._client.time()
            known = _skews.setdefault(self._where, seconds + microseconds / 1e6 - time.time())
        return known if abs(known) > _NOISE else 0.0

    def entries(self) -> Iterator[Entry]:
        for name in self._client.scan_iter(f"{self._prefix}:entry:*", count=500):
            frame = self._client.get(name)
            entry = decode_frame(frame) if isinstance(frame, bytes) else None
            if entry is not None:
                yield entry

    def clear(self) -> None:
        self._client.delete(self._key("purges"), self._key("missing"))
        for name in self._client.scan_iter(f"{self._prefix}:entry:*", count=500):
            self._client.delete(name)

    # Purges and locks -------------------------------------------------------

    def purges(self) -> Purges:
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

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        members = [json.dumps([tag, until]) for tag in tags]
        try:
            number = self._purge([self._key("purges")], [secrets.token_hex(16), _MOST_PURGES, *members])
        except redis.ResponseError:
            # No room, or not our key. Removing needs no room, and another epoch forgets what this purge should have.
            self._client.delete(self._key("purges"))
            number = 0
        self._tracking.hear()
        return int(number)

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:
        return RedisLock(self._client, self._keeper, f"{self._prefix}:lock:{_name_of(key)}", timeout)

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
        try:
            first, records = self._read([self._key("purges")], arguments)
        except redis.ResponseError as error:
            if "WRONGTYPE" not in str(error):
                raise
            self._client.delete(self._key("purges"))  # somebody else wrote there
            first, records = self._read([self._key("purges")], arguments)
        epoch = first.decode().removeprefix("e:")
        if epoch != known.epoch:
            known = Purges(epoch)
        for member, score in zip(records[::2], records[1::2], strict=True):
            _apply(known, member, int(float(score)))
        return known

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _entry_key(self, key: str) -> str:
        return f"{self._prefix}:entry:{_name_of(key)}"


def _apply(purges: Purges, member: bytes, number: int) -> None:
    try:
        if member == b"f:":
            purges.raise_floor(number)
        else:
            tag, until = json.loads(member)
            purges.apply(number, [tag], until if until is None else float(until), time.time())
    except Exception:  # somebody else wrote there: it may mean anything
        purges.raise_floor(number)


def _name_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
