"""A page for the browser that is all there is to it: figures, charts, the table of layers, and the arithmetic behind each number.

It asks for nothing from anywhere. Its data are the JSON contract and how that is shown, `page.js` shows them and works nothing out, and
the page allows no other script. Names are data here, never markup.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from archcalc import __version__
from archcalc.report.page.data import data
from archcalc.report.page.markup import Markup, tag
from archcalc.report.page.sections import about, compared, section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from archcalc.report.page.network import Network

__all__ = ["write"]

#: What the page may do: be styled, and run its own script.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"


def write(networks: Sequence[Network], out: TextIO) -> None:
    """Write a page of networks."""
    out.write("<!DOCTYPE html>\n")
    out.write(tag("html", _head(networks), tag("body", *_body(networks)), lang="en") + "\n")


def _head(networks: Sequence[Network]) -> Markup:
    script = _part("page.js")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY.format(digest)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=f"archcalc {__version__}"),
        tag("title", f"{', '.join(one.name for one in networks)} – archcalc"),
        tag("link", rel="icon", href="data:,"),
        tag("style", _part("page.css")),
    )


def _body(networks: Sequence[Network]) -> Iterator[Markup]:
    alone = len(networks) == 1
    name = tag("h1", networks[0].name if alone else f"{len(networks)} networks")
    theme = tag("button", "Dark", type="button", id="theme", hidden=True)
    yield tag("header", tag("div", name, *([about(networks[0])] if alone else [])), theme)
    articles = [section(one, i, alone=alone) for i, one in enumerate(networks)]
    yield tag("main", *([] if alone else [compared(networks)]), *articles)
    yield tag("footer", f"archcalc {__version__}")
    yield tag("div", id="tip", role="status", hidden=True)
    yield from data(networks)
    yield tag("script", _part("page.js"))


def _part(name: str) -> Markup:
    """Read what is shipped beside this module."""
    return Markup(files(__name__).joinpath(name).read_text(encoding="utf-8"))
