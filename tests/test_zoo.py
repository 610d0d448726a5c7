"""Every shipped spec is a test by being there: it keeps its promises, and says where it comes from."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from archcalc import load, zoo

ROOT = Path(__file__).parent.parent
ENTRIES = list(zoo.entries())

#: What people will type.
NAMES = [
    "mlp", "lenet5", "lenet5_1998", "neocognitron", "alexnet", "two_towers", "one_tower", "caffe_227", "vgg11",
    "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "googlenet", "inception_v3", "resnet18",
    "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "mobilenet_v1", "mobilenet_v2",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5",
    "efficientnet_b6", "efficientnet_b7", "densenet121", "squeezenet1_0", "convnext_tiny", "fbnet", "unet",
    "autoencoder", "r3d_18", "conv_pool_fc", "nested", "alexnet#torchvision", "vgg#vgg11",
]  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_spec_keeps_its_promises(entry: zoo.Entry) -> None:
    run = load(entry.name).run()
    rows = list(run.rows())
    assert [warning.message for warning in run.warnings()] == []
    assert all(not row.incomplete for row in rows)
    assert run.totals().params == sum(row.params for row in rows) > 0


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_spec_promises_something_and_says_where_it_is_from(entry: zoo.Entry) -> None:
    spec = load(entry.name)
    promised = {promise.expectation.key for promise in spec.promises}
    assert {"params", "output"} <= promised
    assert {"paper", "year", "url"} <= set(spec.meta)


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*")), ids=lambda path: path.name)
def test_every_file_in_specs_is_in_the_zoo(path: Path) -> None:
    assert path in {entry.path for entry in ENTRIES}


@pytest.mark.parametrize("name", NAMES)
def test_names_resolve(name: str) -> None:
    assert load(name).name


def test_short_files_stay_short() -> None:
    lines = {path.stem: path.read_text(encoding="utf-8").count("\n") for path in zoo.files()}
    assert lines["lenet5"] <= 12
    assert lines["resnet"] <= 60


def test_the_zoo_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] == {"specs": "archcalc/specs"}
