"""One event as text."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from conftest import MakeApp

from routehandlers import Response
from routehandlers._http.response import event_stream as event_stream_module
from routehandlers._http.response.event_stream import event_stream, format_event


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("hello", "data: hello\n\n"),
        ("two\nlines\r\nthree\rfour", "data: two\ndata: lines\ndata: three\ndata: four\n\n"),
        ("", "data: \n\n"),
        ({"data": {"a": "é"}}, 'data: {"a":"é"}\n\n'),
        ({"event": "visit", "id": 7, "retry": 3000, "data": "x"}, "event: visit\nid: 7\nretry: 3000\ndata: x\n\n"),
        ({"comment": "still here"}, ": still here\n\n"),
        ([1, 2], "data: [1,2]\n\n"),
        (3, "data: 3\n\n"),
    ],
)
def test_an_item_becomes_an_event(item: Any, text: str) -> None:
    assert format_event(item) == text.encode()


@pytest.mark.parametrize("item", [{"id": "a\nb"}, {"event": "a\r"}, {"id": "\0"}, {"nope": 1}, {"retry": "soon"}])
def test_what_the_format_cannot_write_is_refused(item: Any) -> None:
    with pytest.raises(ValueError):
        format_event(item)


def test_a_comment_comes_at_once() -> None:
    assert next(event_stream(iter([]))) == b":\n\n"


@pytest.mark.parametrize("keep_alive", [0, -1])
def test_keep_alive_is_a_time(keep_alive: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        event_stream([], keep_alive)


@pytest.mark.parametrize("keep_alive", [None, 5])
def test_what_the_items_raise_is_raised_where_they_are_sent(keep_alive: float | None) -> None:
    def items() -> Any:
        yield "one"
        raise ValueError("in the items")

    stream = event_stream(items(), keep_alive)

    assert [next(stream), next(stream)] == [b":\n\n", b"data: one\n\n"]
    with pytest.raises(ValueError, match="in the items"):
        next(stream)


@pytest.mark.parametrize("keep_alive", [None, 5])
def test_an_unstarted_stream_closes_its_items(keep_alive: float | None) -> None:
    class Items:
        closed = False

        def __iter__(self) -> Items:
            return self

        def __next__(self) -> str:
            raise StopIteration

        def close(self) -> None:
            self.closed = True

    items = Items()

    event_stream(items, keep_alive).close()  # type: ignore[attr-defined]

    assert items.closed


def test_headers_of_the_caller_win() -> None:
    response = Response.event_stream([], headers={"Cache-Control": "no-store"})

    assert response.headers["Cache-Control"] == "no-store"
    response.close()


def test_with_keep_alive_nothing_runs_before_it_is_asked_for() -> None:
    ran: list[int] = []

    def items() -> Any:
        ran.append(1)
        yield "one"

    stream = event_stream(items(), 5)

    assert (next(stream), ran) == (b":\n\n", [])
    assert next(stream) == b"data: one\n\n"


def test_threads_whose_clients_had_left_had_no_bound(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream_module, "MOST_ABANDONED", 5)
    source = """
    import threading
    from routehandlers import Response
    go_on = threading.Event()
    def items():
        yield "first"
        go_on.wait()
        yield "second"
    def GET(): return Response.event_stream(items(), keep_alive=30)
    """
    app = make_app({"events/route.py": source})
    client = app.test_client()
    streams = []
    for _ in range(5):
        answer = client.get("/events")
        chunks = answer.iter_encoded()
        assert [next(chunks), next(chunks)] == [b":\n\n", b"data: first\n\n"]
        streams.append(answer)
    threads = [thread for thread in threading.enumerate() if thread.name == "event_stream"]

    assert client.get("/events").status_code == 200  # the clients are still there
    for answer in streams:
        answer.close()
    refused = client.get("/events", headers={"Accept": "application/json"})
    app.load("/events").go_on.set()
    for thread in threads:
        thread.join()

    assert len(threads) == 5
    assert (refused.status_code, "5 event streams wait" in refused.text) == (503, True)
    assert client.get("/events").status_code == 200
