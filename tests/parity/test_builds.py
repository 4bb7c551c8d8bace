"""Trees that Next refuses, or should refuse: what this library says of each.

The trees are those of Next's recorded builds, in Python. Pages, layouts, the
middleware and the configuration file have no counterpart in a tree of routes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import write_app

from routehandlers import RouteHandlers, RouteHandlersError

OK = "def GET(request, context): return {'params': context.params}\n"


def config(line: str) -> str:
    return f"{line}\n{OK}"


# Next's id of the build, the files, and what our error says.
REFUSED = [
    ("dup-groups", {"(a)/x": OK, "(b)/x": OK}, "Two files answer '/x'"),
    ("dup-slot", {"par/@slot": OK, "par": OK}, "Two files answer '/par'"),
    ("slug-names", {"[a]": OK, "[b]/x": OK, "other/static": OK}, "parameter names 'a' and 'b'"),
    ("slug-names-groups", {"(a)/u/[id]": OK, "(b)/u/[user]/y": OK}, "parameter names 'id' and 'user'"),
    ("slug-catchall-names", {"[...a]": OK, "[...b]/x": OK}, "A catch-all must be the last folder"),
    ("two-catchalls", {"u/[...a]": OK, "(g)/u/[...b]": OK}, "parameter names 'a' and 'b'"),
    ("catchall-not-last", {"[...slug]/edit": OK}, "A catch-all must be the last folder"),
    ("catchall-and-opt", {"u/[...a]": OK, "u/[[...b]]": OK}, "required and an optional catch-all"),
    ("four-dots", {"u/[....id]": OK}, "exactly three dots"),
    ("unicode-dots", {"u/[…id]": OK}, "Write three dots: '[...id]'"),
    ("prefix-brackets", {"u/pre[id]": OK}, "a parameter must be the whole folder name"),
    ("suffix-brackets", {"u/[id].json": OK}, "a parameter must be the whole folder name"),
    ("unclosed", {"u/[id": OK}, "the brackets do not close"),
    ("extra-brackets", {"u/[[[id]]]": OK}, "too many brackets"),
    ("intercept", {"feed": OK, "(.)photo": OK, "feed/(..)photo": OK}, "intercepting folders"),
    ("cfg-revalidate-str", {"x": config("revalidate = 'x'")}, "revalidate is 'x'. Give a number of seconds"),
    ("cfg-revalidate-numstr", {"x": config("revalidate = '60'")}, "revalidate is '60'"),
    ("cfg-revalidate-neg", {"x": config("revalidate = -1")}, "revalidate is -1"),
    ("cfg-revalidate-nan", {"x": config("revalidate = float('nan')")}, "revalidate is nan"),
    ("cfg-revalidate-inf", {"x": config("revalidate = float('inf')")}, "revalidate is inf"),
    ("cfg-revalidate-null", {"x": config("revalidate = None")}, "revalidate is None"),
    ("cfg-dynamicparams-str", {"x/[id]": config("dynamic_params = 'no'")}, "dynamic_params is 'no'. Give True or False"),
    ("cfg-runtime-experimental", {"x": config("runtime = 'experimental-edge'")}, "runtime is 'experimental-edge'"),
    ("cfg-fetchcache-bogus", {"x": config("fetch_cache = 'bogus'")}, "fetch_cache is 'bogus'"),
    ("cfg-maxduration-str", {"x": config("max_duration = 'x'")}, "max_duration is 'x'"),
    ("cfg-preferred-num", {"x": config("preferred_region = 5")}, "preferred_region is 5"),
    ("cfg-gsp-missing", {"x/[id]": config("dynamic_params = False")}, "dynamic_params = False allows only the params"),
    ("cfg-camel-case", {"x": config("dynamicParams = False")}, "Did you mean 'dynamic_params'?"),
    ("empty-file", {"x": ""}, "It exports no handler"),
    ("foo-export", {"x": "def FOO(): return 'foo'\ndef TRACE(): return 'trace'\n"}, "It exports no handler"),
    ("not-function", {"x": "GET = 'a string'\n"}, "GET is 'a string'. Write a function"),
    ("get-null", {"x": "GET = None\ndef POST(): return 'p'\n"}, "GET is None. Write a function"),
    ("lower-case", {"x": "def get(): return 'x'\n"}, "It exports 'get'. Did you mean 'GET'?"),
    ("thenable", {"x": "async def GET(): return 'x'\n"}, "GET is asynchronous"),
    ("import-error-build", {"x": "raise ValueError('module boom')\n"}, "module boom"),
    ("missing-import", {"x": "from ._nope import a\n"}, "_nope"),
    ("own-repeated-name", {"[id]/x/[id]": OK}, "'id' comes twice"),
]  # fmt: skip

# Trees that Next builds, and one URL of each with its params.
ACCEPTED = [
    ("opt-and-index", {"u": OK, "u/[[...b]]": OK}, "/u/x", {"b": ["x"]}),
    ("repeat-name-nonword", {"u/[my-id]/v/[my_id]": OK}, "/u/1/v/2", {"my-id": "1", "my_id": "2"}),
    ("colon-name", {"u/[a:b]": OK}, "/u/1", {"a:b": "1"}),
    ("space-name", {"u/[my id]": OK}, "/u/1", {"my id": "1"}),
    ("long-name", {f"u/[{'n' * 60}]": OK}, "/u/1", {"n" * 60: "1"}),
    ("proto-name", {"u/[__proto__]": OK}, "/u/1", {"__proto__": "1"}),
    ("then-name", {"u/[then]": OK}, "/u/1", {"then": "1"}),
    ("children-slot", {"par/@children": OK}, "/par", {}),
    ("private-encoded", {"%5Fx": OK, "__double": OK}, "/_x", {}),
    ("reserved-next", {"_next/x": OK, "%5Fnext/x": OK}, "/_next/x", {}),
    ("encoded-folder", {"%20sp": OK, "a%2Fb": OK, "caf%C3%A9": OK, "a%2Bb": OK}, "/caf%C3%A9", {}),
    ("cfg-revalidate-float", {"x": config("revalidate = 1.5")}, "/x", {}),
    # Next reads constants without running the file; here they are Python.
    ("cfg-revalidate-expr", {"x": config("revalidate = 60 * 10")}, "/x", {}),
    ("cfg-revalidate-var", {"x": config("n = 60\nrevalidate = n")}, "/x", {}),
    ("cfg-dynamic-func", {"x": config("dynamic = (lambda: 'force-static')()")}, "/x", {}),
    ("cfg-static-notfunction", {"x": config("helper = 3\nCONSTANT = 'x'")}, "/x", {}),
]  # fmt: skip


# Next's other recorded builds, and why no tree above stands for them.
ELSEWHERE = {
    "Pages, layouts and their errors have no counterpart: a folder holds a route.py.": (
        "route-and-page route-and-page-groups not-found-file error-file use-client use-server jsx-in-route ts-invalid-return cfg-page-config"
    ),
    "tests/cache/test_static_params.py has those of the prerendering build; there is no output: export, and no edge.": (
        "cfg-error-dynamic cfg-error-url cfg-error-cookies cfg-error-revalidate0 cfg-error-post cfg-static-error-response cfg-gsp-notarray cfg-gsp-number cfg-gsp-array-for-single cfg-gsp-string-for-catchall cfg-gsp-static-path cfg-gsp-empty-string cfg-gsp-partial export-dynamic export-static export-post cfg-edge-gsp"
    ),
    "tests/around/test_transforms.py has those of the settings, and test_middleware.py those of middleware.": (
        "mw-dyn-matcher mw-in-app redirect-noslash redirect-nopermanent redirect-badparam redirect-badstatus redirect-badregex"
    ),
    "Settings are checked in tests/http/test_config.py.": ("basepath-noslash unknown-config"),
    "Python has neither 'let' nor template literals.": ("cfg-revalidate-let cfg-dynamic-tpl"),
}

RECORDED = "route-and-page route-and-page-groups dup-groups dup-slot slug-names slug-names-groups slug-catchall-names two-catchalls catchall-not-last catchall-and-opt opt-and-index repeat-name-nonword four-dots unicode-dots prefix-brackets suffix-brackets unclosed extra-brackets colon-name long-name proto-name then-name intercept children-slot private-encoded reserved-next encoded-folder not-found-file error-file cfg-revalidate-str cfg-revalidate-numstr cfg-revalidate-neg cfg-revalidate-float cfg-revalidate-nan cfg-revalidate-inf cfg-revalidate-null cfg-revalidate-var cfg-revalidate-let cfg-dynamic-tpl cfg-dynamic-func cfg-dynamicparams-str cfg-runtime-experimental cfg-fetchcache-bogus cfg-maxduration-str cfg-preferred-num cfg-error-dynamic cfg-error-url cfg-error-cookies cfg-error-revalidate0 cfg-error-post cfg-static-error-response cfg-static-notfunction cfg-gsp-notarray cfg-gsp-missing cfg-gsp-number cfg-gsp-array-for-single cfg-gsp-string-for-catchall cfg-gsp-static-path cfg-gsp-empty-string cfg-gsp-partial cfg-edge-gsp cfg-page-config empty-file use-client use-server jsx-in-route ts-invalid-return import-error-build missing-import mw-dyn-matcher mw-in-app redirect-noslash redirect-nopermanent redirect-badparam redirect-badstatus redirect-badregex basepath-noslash unknown-config export-dynamic export-static export-post"


def _write(folder: Path, files: dict[str, str]) -> Path:
    return write_app(folder, {f"{name}/route.py": source for name, source in files.items()})


@pytest.mark.parametrize(("files", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_tree_that_cannot_work_is_refused_at_start(tmp_path: Path, files: dict[str, str], message: str) -> None:
    app = _write(tmp_path, files)

    with pytest.raises((RouteHandlersError, ValueError, ImportError)) as caught:
        RouteHandlers(app)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("files", "url", "params"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED]
)
def test_a_tree_that_next_builds_is_served(tmp_path: Path, files: dict[str, str], url: str, params: object) -> None:
    app = RouteHandlers(_write(tmp_path, files))

    answer = app.test_client().get(url)

    assert answer.get_json() == {"params": params}


def test_every_recorded_build_is_a_case_or_has_a_reason() -> None:
    cases = {case[0] for case in [*REFUSED, *ACCEPTED]} | {
        name for names in ELSEWHERE.values() for name in names.split()
    }

    assert set(RECORDED.split()) <= cases
