"""Pages as GitHub renders them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.report import markdown
from archcalc.report.pages import Figures
from archcalc.report.totals import title
from archcalc.spec.diagnostics import visible

if TYPE_CHECKING:
    from typing import TextIO

    from archcalc.report.pages import Figure, Page

__all__ = ["write_page"]


def write_page(page: Page, out: TextIO) -> None:
    """Write the parts one below the other, the notes last."""
    out.write(
        f"## {markdown.escape(title(page.header))}\n\n{markdown.escape(visible(page.header.source))}  \n{markdown.escape(page.setting)}\n"
    )
    for part in page.parts:
        if isinstance(part, Figures):
            out.write(f"\n{f'### {part.title}{chr(10) * 2}' if part.title else ''}")
            out.writelines(map(_figure, part.figures))
        elif part.shown:
            out.write(f"\n### {part.title}\n\n")
            markdown.records(part.columns, part.items, out)
    out.write("\n" if page.notes else "")
    out.writelines(f"- {markdown.escape(visible(note))}\n" for note in page.notes)


def _figure(figure: Figure) -> str:
    said = (figure.short, figure.remark, f"at {figure.path}" if figure.path else "")
    more = "".join(f", {text}" for text in said if text)
    indent = "  " if figure.label.startswith(" ") else ""
    return f"{indent}- {figure.label.strip()}: **{markdown.escape(figure.number)}**{markdown.escape(visible(more))}\n"
