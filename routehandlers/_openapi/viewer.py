"""Pages that show a document: a plain one without scripts, and Swagger UI.

No page loads anything from another host, and none has inline scripts or styles, so that both work without a network
and under a strict Content-Security-Policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

VIEWERS = ("plain", "swagger")

STYLE = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8882 }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: .875rem/1.45 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; border-radius: .3rem }
details { border: 1px solid var(--line); border-radius: .3rem; margin: .5rem 0; padding: 0 .75rem }
summary { cursor: pointer; padding: .5rem 0 }
summary b { display: inline-block; min-width: 4.5rem }
.deprecated summary code { text-decoration: line-through }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); padding: .3rem .5rem .3rem 0 }
"""

# The header of each page. Headers of middleware and of the configuration replace it.
POLICIES = {
    "plain": "default-src 'none'; style-src 'self'; img-src 'self'",
    # Swagger UI sets styles from its scripts, and its style sheet has images in it.
    "swagger": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
}

_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def plain_page(document: Mapping[str, Any], style_url: str, document_url: str) -> str:
    """Return a page with all operations of a document, by their first tag."""
    info = document.get("info", {})
    title, version = str(info.get("title", "")), str(info.get("version", ""))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{escape(style_url)}">',
            f"<h1>{escape(title)} <small>{escape(version)}</small></h1>",
            *_paragraphs(info.get("description")),
            f'<p><a href="{escape(document_url)}">OpenAPI document</a></p>',
            *_servers(document.get("servers", ())),
            *_groups(document),
            *_schemas(document.get("components", {})),
            "</html>\n",
        ]
    )


def _paragraphs(text: Any) -> Iterator[str]:
    for paragraph in str(text or "").split("\n\n"):
        if paragraph:
            yield f"<p>{escape(paragraph)}</p>"


def _servers(servers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for server in servers:
        yield f"<p>Server: <code>{escape(str(server.get('url', '')))}</code></p>"


def _groups(document: Mapping[str, Any]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                tag = next(iter(item[method].get("tags", ())), "")
                groups.setdefault(str(tag), []).append("\n".join(_operation(method, path, item[method])))
    for tag in sorted(groups):
        if tag:
            yield f"<h2>{escape(tag)}</h2>"
        yield from groups[tag]


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    mark = ' class="deprecated"' if operation.get("deprecated") else ""
    name, summary = str(operation.get("operationId", "")), str(operation.get("summary", ""))
    yield f'<details id="{escape(name)}"{mark}>'
    yield f"<summary><b>{method.upper()}</b> <code>{escape(path)}</code> {escape(summary)}</summary>"
    yield from _paragraphs(operation.get("description"))
    if mark:
        yield "<p>Deprecated.</p>"
    yield from _security(operation.get("security", ()))
    yield from _parameters(operation.get("parameters", ()))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h3>Body: <code>{escape(media_type)}</code></h3>"
        yield _schema(content)
    yield "<h3>Responses</h3>"
    for status, response in operation.get("responses", {}).items():
        yield f"<p><b>{escape(str(status))}</b> {escape(str(response.get('description', '')))}</p>"
        for media_type, content in response.get("content", {}).items():
            yield f"<p><code>{escape(media_type)}</code></p>"
            yield _schema(content)
    yield "</details>"


def _security(security: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    ways = [" and ".join(f"<code>{escape(name)}</code>" for name in one) or "nothing" for one in security]
    if ways:
        yield f"<p>Requires {' or '.join(ways)}.</p>"


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows = [
        "<tr>"
        f"<td><code>{escape(str(one.get('name', '')))}</code></td>"
        f"<td>{escape(str(one.get('in', '')))}{', required' if one.get('required') else ''}</td>"
        f"<td><code>{escape(_short(one.get('schema', {})))}</code></td>"
        f"<td>{escape(str(one.get('description', '')))}</td>"
        "</tr>"
        for one in parameters
    ]
    if rows:
        yield "<h3>Parameters</h3>\n<table>"
        yield from rows
        yield "</table>"


def _schemas(components: Mapping[str, Any]) -> Iterator[str]:
    schemas = components.get("schemas", {})
    if schemas:
        yield "<h2>Schemas</h2>"
    for name, schema in schemas.items():
        yield f'<details id="schema-{escape(name)}">\n<summary><code>{escape(name)}</code></summary>'
        yield f"<pre>{escape(_long(schema))}</pre>\n</details>"


def _schema(content: Mapping[str, Any]) -> str:
    schemas = [content[name] for name in ("schema", "itemSchema", "x-itemSchema") if name in content]
    schema = schemas[0] if schemas else {}
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        return f'<p><a href="#schema-{escape(name)}"><code>{escape(name)}</code></a></p>'
    return f"<pre>{escape(_long(schema))}</pre>"


def _short(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, default=str)


def _long(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2, default=str)


# Swagger UI ------------------------------------------------------------------

# Only these files are served. The initializer is ours, because an inline script would break a strict policy.
SWAGGER_FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
INITIALIZER = "initializer.js"


def find_swagger_folder() -> Path | None:
    """Return the folder with the files of Swagger UI, or ``None`` if they are not installed.

    The package that contains them is not imported, since it imports Flask.
    """
    # It takes longer to import than all of this package, and few applications need it.
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution("flask-swagger-ui").locate_file("flask_swagger_ui/dist")
    except PackageNotFoundError:
        return None
    folder = Path(str(found))
    return folder if all((folder / name).is_file() for name in SWAGGER_FILES) else None


def swagger_page(title: str, files_url: str) -> str:
    """Return the page of Swagger UI.

    :param files_url: URL of the folder with its files.
    """
    url = escape(files_url)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{url}/swagger-ui.css">',
            '<div id="swagger-ui"></div>',
            f'<script src="{url}/swagger-ui-bundle.js"></script>\n<script src="{url}/{INITIALIZER}"></script>',
            "</html>\n",
        ]
    )


def swagger_initializer(document_url: str) -> str:
    """Return the script that starts Swagger UI. Its validator of another host is turned off."""
    options = {"url": document_url, "dom_id": "#swagger-ui", "deepLinking": True, "validatorUrl": None}
    return f"window.ui = SwaggerUIBundle({json.dumps(options)});\n"
