"""Random requests leave nothing that the oracles complain about.

For a night: ``pytest tests/fuzz --requests 1000000 --seed 7``. A finding is printed when it is made, with the smallest
requests that cause it. Paste them into a test, or call ``replay()`` with them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fuzz.run import fuzz, replay
from fuzz.site import TARGETS

# A night's run has no deadline.
pytestmark = [pytest.mark.once, pytest.mark.timeout(0)]


@pytest.fixture(autouse=True)
def _printed(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Print findings at once, not after the night."""
    with capsys.disabled():
        yield


@pytest.mark.uncounted
@pytest.mark.parametrize("target", TARGETS)
def test_no_request_offends_an_oracle(target: str, request: pytest.FixtureRequest) -> None:
    seed, requests = (request.config.getoption(name) for name in ("--seed", "--requests"))

    findings = fuzz(target, seed=seed, requests=-(-requests // len(TARGETS)), report=lambda found: print(f"\n{found}"))

    assert not findings, "\n".join(map(str, findings))


def test_a_request_can_be_sent_again_alone() -> None:
    assert replay("everything", [{"target": "/kept/1"}, {"target": "/kept/1", "method": "HEAD"}]) == []
