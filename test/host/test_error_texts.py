"""What statuses become for portable programs has a text: the C library's own are not linked."""

import re

import pytest

from harness.places import ROOT

RUNTIME = ROOT / "programs" / "runtime"


def errors_of(name, pattern):
    return set(re.findall(pattern, (RUNTIME / name).read_text(encoding="utf-8")))


COUNTERPARTS = errors_of("status.c", r"\{STATUS_\w+,\s*(E\w+)\}")


@pytest.mark.parametrize("error", sorted(COUNTERPARTS))
def test_counterpart_has_a_text(error):
    assert error in errors_of("error_text.c", r"\bT\((E\w+), \"")


def test_all_are_found():
    text = (RUNTIME / "status.c").read_text(encoding="utf-8")
    assert len(re.findall(r"\{STATUS_", text)) == len(re.findall(r"\{STATUS_\w+,\s*E", text)) > 20
