"""HTML, made of elements: whatever is no element already is text, and is escaped."""

from __future__ import annotations

from html import escape

__all__ = ["Markup", "embedded", "tag"]

#: Elements that hold nothing.
EMPTY = frozenset({"meta", "link", "input", "br", "wbr"})
#: What could end a script, or a line of one, written as JSON does.
UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"}


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: str | int | bool | None) -> Markup:
    """Make an element. Attributes that are no names in Python have an underscore more.

    >>> print(tag("a", "R&D ", tag("b", "1 < 2"), href="#x", class_="far", data_row='"a"', hidden=True, title=None))
    <a href="#x" class="far" data-row="&quot;a&quot;" hidden>R&amp;D <b>1 &lt; 2</b></a>
    """
    given = "".join(_attribute(key.removesuffix("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in EMPTY:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{''.join(one if isinstance(one, Markup) else escape(one, quote=False) for one in inside)}</{name}>")


def _attribute(name: str, value: str | int | bool | None) -> str:  # noqa: FBT001 - an attribute may be there without a value
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def embedded(json: str) -> Markup:
    r"""Make JSON safe inside a script, which it means the same to.

    >>> embedded('["</script>", "R&D", "\u2028"]')
    '["\\u003c/script\\u003e", "R\\u0026D", "\\u2028"]'
    """
    return Markup(json.translate(UNSAFE))
