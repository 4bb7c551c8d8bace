"""``redis://``: entries that many machines share. Works with Redis 6 and newer, and with Valkey.

::

    {routehandlers}:entry:abc…    one frame, with a time to live
    {routehandlers}:missing       keys of entries of 404 and 410, oldest first
    {routehandlers}:lock:abc…     held during a render; expires unless it is renewed
    {routehandlers}:purges        a sorted set: tags with the numbers of their purges

The braces keep all keys in one slot of a cluster. One key holds all purges, so
that Redis cannot evict only some of them: if the key is gone, the next reader
starts a new epoch, and all older entries are gone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ModuleNotFoundError:
    raise ImportError('redis:// needs redis-py. Install it with: pip install "routehandlers[redis]"') from None

from ..._hints import show
from ..base import Lock
from ..clock import clock_skew
from ..entry import Entry, hash_key
from ..frame import decode_frame, encode_frame
from ..purges import Purges
from .deadline import bounded
from .lock import LockKeeper, RedisLock
from .patience import Patience
from .purge_set import PurgeSet
from .scripts import run_script

# Seconds that a request waits for all its commands. A purge has as many of its own.
_TIMEOUT = 0.5

# Maximum number of entries of 404 and 410.
_MOST_MISSING = 10_000

_MAX_ENTRY_SIZE = 8 * 2**20

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
    """Storage in Redis. Set its ``maxmemory``, and the policy ``allkeys-lru`` or ``volatile-lru``.

    :param client: Client with ``protocol=2``, short timeouts and no retries, as created by ``from_url()``. Only
        ``from_url()`` bounds the time of a whole command; ``socket_timeout`` bounds the time until the next byte.
    :param prefix: Prefix of all keys. Applications with the same prefix share their entries.
    :param strict: Ask Redis for purges before every hit, instead of waiting for its messages. Each hit then takes a
        round trip. Required for clients of a cluster.
    """

    is_shared = True
    max_entry_size = _MAX_ENTRY_SIZE

    def __init__(self, client: redis.Redis, *, prefix: str = "routehandlers", strict: bool = False) -> None:
        self._client: Any = client  # redis-py's types do not separate synchronous from asynchronous results
        self._prefix = f"{{{prefix}}}"
        self._strict = strict
        self._where = f"{client!r} {prefix}"
        self._set = client.register_script(_SET)
        self.patience = Patience(client, _timeout_of(client))
        self.after_fork()

    @classmethod
    def from_url(cls, url: str) -> RedisCacheHandler:
        """Connect to ``redis://``, ``rediss://`` or ``unix://``, with redis-py's options, ``prefix`` and ``strict``.

        :raise ValueError: If the URL is not valid. The message does not show the password.
        """
        try:
            return cls._from_url(url)
        except ValueError as error:
            named = [name for name, _ in parse_qsl(url.partition("?")[2]) if f"'{name}'" in str(error)]
            what = f"has an invalid value for {named[0]!r}" if named else "is not a URL of Redis"
            raise ValueError(
                f"{show(url)} {what}. Write 'redis://:password@host:6379/0', with the characters '/', '#', '?' and '@'"
                " of the password percent-encoded."
            ) from None

    @classmethod
    def _from_url(cls, url: str) -> RedisCacheHandler:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        prefix, strict = options.pop("prefix", "routehandlers"), options.pop("strict", "0")
        plain = f"{url.partition('?')[0]}?{urlencode(options)}"  # urlunsplit() makes unix:/path of unix:///path
        defaults: dict[str, Any] = {"socket_timeout": _TIMEOUT, "socket_connect_timeout": _TIMEOUT}
        client = redis.Redis.from_url(plain, **defaults, protocol=2, retry=Retry(NoBackoff(), 0))
        pool: Any = client.connection_pool
        pool.connection_class = bounded(pool.connection_class)
        return cls(client, prefix=prefix, strict=strict not in {"", "0", "false"})

    @property
    def identity(self) -> str:
        return f"redis {_address_of(self._client)} {self._prefix}"

    def after_fork(self) -> None:
        self.patience.after_fork()
        self._purges = PurgeSet(self._client, self._key("purges"), self.patience, strict=self._strict)
        self._keeper = LockKeeper(self._client, self.patience)

    # Entries ----------------------------------------------------------------

    def get(self, key: str) -> Entry | None:
        try:
            with self.patience.bounded():
                frame = self._client.get(self._entry_key(key))
        except redis.ResponseError:  # another program wrote another type; the next set() replaces it
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
        with self.patience.bounded():
            run_script(self._client, self._set, [name, self._key("missing")], arguments)

    def delete(self, key: str) -> None:
        name = self._entry_key(key)
        self._client.delete(name)
        self._client.zrem(self._key("missing"), name)

    def clock_skew(self) -> float:
        """Compare with the clock of Redis, which all machines share."""
        return clock_skew(self._where, self._measure_skew)

    def _measure_skew(self) -> float:
        with self.patience.bounded():
            seconds, microseconds = self._client.time()
        return float(seconds + microseconds / 1e6 - time.time())

    def entries(self) -> Iterator[Entry]:
        for name in self._client.scan_iter(f"{self._prefix}:entry:*", count=500):
            frame = self._client.get(name)
            if isinstance(frame, bytes) and (entry := decode_frame(frame)) is not None:
                yield entry

    def clear(self) -> None:
        self._client.delete(self._key("purges"), self._key("missing"))
        for name in self._client.scan_iter(f"{self._prefix}:entry:*", count=500):
            self._client.delete(name)

    # Purges and locks -------------------------------------------------------

    def purges(self) -> Purges:
        return self._purges.read()

    def expire_tags(self, tags: Iterable[str], until: float | None = 0.0) -> int:
        return self._purges.append(tags, until)

    def lock(self, key: str, timeout: float) -> AbstractContextManager[Lock]:
        return RedisLock(self._keeper, f"{self._prefix}:lock:{hash_key(key)}", timeout)

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _entry_key(self, key: str) -> str:
        return f"{self._prefix}:entry:{hash_key(key)}"


def _address_of(client: Any) -> str:
    """Return where a client connects to, without user and password."""
    pool = getattr(client, "connection_pool", None)
    if pool is None:  # clients of a cluster have several
        nodes = getattr(getattr(client, "nodes_manager", None), "startup_nodes", {})
        return f"cluster {' '.join(sorted(map(str, nodes)))}"
    options = pool.connection_kwargs
    where = options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
    # A client of a sentinel has the name of a service instead.
    return f"{getattr(pool, 'service_name', None) or where} {options.get('db') or 0}"


def _timeout_of(client: Any) -> float:
    """Return the timeout that a client was created with."""
    pool = getattr(client, "connection_pool", None)  # clients of a cluster have several
    timeout = pool.connection_kwargs.get("socket_timeout") if pool is not None else None
    return float(timeout or _TIMEOUT)
