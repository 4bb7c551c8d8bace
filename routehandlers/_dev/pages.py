"""Pages for browsers, and problem documents for all other clients.

A page needs no other file. Its text is escaped, and the policy in its header forbids scripts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from werkzeug.http import HTTP_STATUS_CODES

from .._http.response.errors import prefers_html
from .._http.response.response import Response
from .._http.values.encoding import to_bytes

if TYPE_CHECKING:
    from ..typing import WSGIEnvironment
    from .mistakes import Mistake

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--edge:#d0d0d7;--back:#f5f5f7;--mark:#ffe3e3;--bad:#b00020;--dim:#6b6b76}}
@media(prefers-color-scheme:dark){{:root{{--edge:#3a3a44;--back:#1c1c22;--mark:#4a1e24;--bad:#ff8f9c;--dim:#9a9aa6}}}}
body{{font:1rem/1.5 system-ui,sans-serif;margin:5vh auto;max-width:64rem;padding:0 1rem}}
pre,code,table{{font:.9rem/1.5 ui-monospace,monospace}}
h1{{color:var(--bad);font-size:1.4rem}} h2{{font-size:1rem;margin:2rem 0 .5rem;overflow-wrap:anywhere}}
pre{{background:var(--back);border:1px solid var(--edge);border-radius:6px;overflow:auto;padding:.75rem;tab-size:4}}
.at,.caret{{display:inline-block;min-width:100%}} .at{{background:var(--mark)}} .caret{{color:var(--bad)}}
.dim{{color:var(--dim)}} table{{border-collapse:collapse}} td{{padding:.15rem 1.5rem .15rem 0;vertical-align:top}}
</style>
{body}
</html>
"""

_HEADERS = {"Vary": "Accept", "Cache-Control": "no-store"}

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

# A page of a large application lists at most this many routes.
_MOST_ROUTES = 500


def answer(
    environ: WSGIEnvironment, status: int, title: str, body: str, detail: str, members: Mapping[str, Any]
) -> Response:
    """Return a page if the client prefers HTML, or else a problem document of RFC 9457.

    :param body: The page, as HTML.
    :param detail: The mistake in one line.
    :param members: Further members of the document.
    """
    if prefers_html(environ.get("HTTP_ACCEPT") or ""):
        page = _PAGE.format(title=escape(title), body=body)
        headers = {**_HEADERS, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _POLICY}
        return Response(to_bytes(page), status, headers)
    problem = {"type": "about:blank", "title": HTTP_STATUS_CODES[status], "status": status, "detail": detail, **members}
    # People read it in a terminal.
    text = json.dumps(problem, indent=2, ensure_ascii=False) + "\n"
    return Response(to_bytes(text), status, {**_HEADERS, "Content-Type": "application/problem+json"})


def mistakes_response(environ: WSGIEnvironment, mistakes: Sequence[Mistake]) -> Response:
    """Return the response to every request while an application cannot be loaded."""
    count = len(mistakes)
    title = mistakes[0].summary if count == 1 else f"{count} mistakes"
    note = '<p class="dim">dev continues when the files are right again. Then load this page again.'
    body = "\n".join([f"<h1>{escape(title)}</h1>", note, *map(_mistake, mistakes)])
    rows = [
        {
            "file": str(mistake.file) if mistake.file is not None else None,
            "line": mistake.line,
            "detail": mistake.summary,
            "traceback": mistake.text.splitlines(),
        }
        for mistake in mistakes
    ]
    return answer(environ, 500, title, body, title, {"mistakes": rows})


def _mistake(mistake: Mistake) -> str:
    lines: list[str] = []
    caret = mistake.caret()
    code = mistake.code()
    width = len(str(code[-1][0])) if code else 0
    for number, text in code:
        shown = f'<span class="dim">{number:>{width}}</span>  {escape(text)}'
        if number != mistake.line:
            lines.append(shown)
            continue
        lines.append(f'<span class="at">{shown}</span>')
        if caret:
            lines.append(f'<span class="caret">{" " * (width + 2)}{escape(caret)}</span>')
    shown_code = "<pre>" + "\n".join(lines) + "</pre>" if lines else ""
    return f"<h2>{escape(mistake.place)}</h2>\n{shown_code}\n<pre>{escape(mistake.text)}</pre>"


def routes_table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Return a table of patterns, methods and files as HTML."""
    listed = list(rows)
    shown = [
        f"<tr><td>{escape(pattern)}<td>{escape(methods)}<td class='dim'>{escape(file)}"
        for pattern, methods, file in listed[:_MOST_ROUTES]
    ]
    more = len(listed) - len(shown)
    return f"<table>{''.join(shown)}</table>" + (f"<p>… and {more} more" if more else "")
