"""The least program of archcalc's libraries: a command that reads a line of YAML, validates a model, and prints a table."""

import typer
import yaml
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

app = typer.Typer()


class Row(BaseModel):
    name: str
    size: int


@app.command()
def main() -> None:
    row = Row.model_validate(yaml.load("{name: a, size: 3}", yaml.CSafeLoader))
    table = Table("name", "size")
    for _ in range(3):
        table.add_row(row.name, str(row.size))
    Console().print(table)


if __name__ == "__main__":
    app()
