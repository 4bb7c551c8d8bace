"""Make requests from a seed, ask the oracles, and shrink what they find."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.calling import Log, call, collected
from fuzz.oracles import complaints
from fuzz.requests import Request, environ_of, make
from fuzz.shrinking import shrink
from fuzz.site import TARGETS
from fuzz.tables import Tables, growth, number_of_objects

# Requests of one application. It must be large enough to fill the tables with a bound, and small enough to repeat.
SESSION = 20_000

# More findings than these are repetitions, and shrinking them would take the night.
_MOST_FINDINGS = 20

# Requests that are made again at the end of a session.
_REPEATED = 1_000


@dataclass(frozen=True)
class Finding:
    """A complaint of an oracle, with the requests that cause it."""

    target: str
    oracle: str
    complaint: str
    requests: tuple[Request, ...]

    def __str__(self) -> str:
        lines = "".join(f"    {request!r},\n" for request in self.requests)
        return f"{self.target}: {self.oracle}\n  {self.complaint}\n  requests = [\n{lines}  ]"


class Session:
    """One fresh application and the requests that it has got."""

    def __init__(self, target: str, log: Log) -> None:
        self.target = target
        self.prefix, make_application = TARGETS[target]
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz")
        self._packages = _packages()
        self.application = make_application(Path(self._folder.name))
        self._log = log
        self.number = 0
        self.draft_cookie = ""
        self.draft_cookie = self._enable_draft_mode()

    def send(self, request: Request) -> list[tuple[str, str]]:
        """Send a request and return the complaints about its response."""
        self.number += 1
        environ = environ_of(request, self.number, self.draft_cookie)
        before = dict(environ)  # layers may change theirs
        answer = call(self.application, environ, self._log)
        base_path = self.prefix if self.target == "base path" else ""
        return list(complaints(before, self.number, answer, has_guards=self.target != "bare", base_path=base_path))

    def repeat(self, requests: list[Request]) -> list[str]:
        """Send the same requests three times, with the same marks, and return a complaint if objects are left."""
        start, counts = self.number, []
        for _ in range(3):
            self.number = start
            for request in requests:
                self.send(request)
            counts.append(number_of_objects())
        complaint = growth(counts)
        return [complaint] if complaint is not None else []

    def _enable_draft_mode(self) -> str:
        slash = "/" if self.target == "base path" else ""
        environ = environ_of({"method": "POST", "target": f"{self.prefix}/draft{slash}"}, 0, "")
        return call(self.application, environ, self._log).all("set-cookie")[0].partition(";")[0]

    def close(self) -> None:
        """Delete the folder and forget the modules in it."""
        self._folder.cleanup()
        made = _packages() - self._packages
        for name in list(sys.modules):
            if name.partition(".")[0] in made:
                del sys.modules[name]


def _packages() -> set[str]:
    return {name for name in list(sys.modules) if name.startswith("routehandlers_app_") and "." not in name}


def replay(target: str, requests: list[Request]) -> list[tuple[str, str]]:
    """Send requests to a fresh application and return the complaints about the last one."""
    with collected() as log:
        session = Session(target, log)
        try:
            found: list[tuple[str, str]] = []
            for request in requests:
                found = session.send(request)
            return found
        finally:
            session.close()


def fuzz(
    target: str, *, seed: int, requests: int, report: Callable[[object], None] = print, session: int = SESSION
) -> list[Finding]:
    """Make requests of one target and return the findings, the smallest requests for each.

    :param report: Called with each finding when it is made.
    """
    findings: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    for number, start in enumerate(range(0, requests, session)):
        chance = random.Random(f"{target} {seed} {number}")
        for finding in _fuzz_session(target, chance, min(session, requests - start), seen):
            findings.append(finding)
            report(finding)
            if len(findings) >= _MOST_FINDINGS:
                return findings
    return findings


def _fuzz_session(target: str, chance: random.Random, count: int, seen: set[tuple[str, str]]) -> list[Finding]:
    findings = []
    with collected() as log:
        session = Session(target, log)
        try:
            sent: list[Request] = []
            made: list[tuple[int, str, str]] = []
            tables = Tables()
            for _ in range(count):
                request = make(chance, session.prefix, sent[-1] if sent else None, has_slash=target == "base path")
                sent.append(request)
                for oracle, complaint in session.send(request):
                    kind = oracle, kind_of(complaint)
                    if kind not in seen:
                        seen.add(kind)
                        made.append((len(sent), oracle, complaint))
            grown = [*tables.complaints(session.application, sent), *session.repeat(sent[-_REPEATED:])]
            for complaint in grown:
                if ("nothing grows", kind_of(complaint)) not in seen:
                    seen.add(("nothing grows", kind_of(complaint)))
                    findings.append(Finding(target, "nothing grows", complaint, ()))
        finally:
            session.close()
    for last, oracle, complaint in made:
        smallest = _smallest(target, sent[:last], oracle, complaint)
        again = [text for name, text in replay(target, smallest) if name == oracle]
        findings.append(
            Finding(target, oracle, again[0] if again else f"{complaint} (not repeatable)", tuple(smallest))
        )
    return findings


def kind_of(complaint: str) -> str:
    """Return what is the same in complaints with one cause: the text without numbers and values."""
    return "".join(letter for letter in complaint.partition(": ")[0].partition("'")[0] if not letter.isdigit())


def _smallest(target: str, requests: list[Request], oracle: str, complaint: str) -> list[Request]:
    kind = oracle, kind_of(complaint)

    def is_kind(found: list[tuple[str, str]]) -> bool:
        return any((name, kind_of(text)) == kind for name, text in found)

    def persists(candidate: list[Request]) -> bool:
        return is_kind(replay(target, candidate))

    if not persists(requests[-1:]):
        return shrink(requests, persists)
    # One request alone causes it, so one application will do for all attempts, which is much faster.
    with collected() as log:
        session = Session(target, log)
        try:
            smallest = shrink(requests[-1:], lambda candidate: is_kind(session.send(candidate[-1])))
        finally:
            session.close()
    return smallest if persists(smallest) else shrink(requests[-1:], persists)


def fuzz_all(*, seed: int, requests: int, report: Callable[[object], None] = print) -> list[Finding]:
    """Make requests of all targets in turn."""
    share = -(-requests // len(TARGETS))
    return [
        finding for target in TARGETS for finding in fuzz(target, seed=seed, requests=share, report=report)
    ]  # fmt: skip
