"""docs/INIT.md has every statement, option and word for `allow` that init knows."""

import re

import pytest

from harness.places import ROOT

DOCUMENT = (ROOT / "docs" / "INIT.md").read_text(encoding="utf-8")
ALLOW = DOCUMENT[DOCUMENT.index("Words for `allow`"):].split("\n\n", maxsplit=1)[0]
INIT = ROOT / "servers" / "init"


def words(file, table):
    text = (INIT / file).read_text(encoding="utf-8")
    return re.findall(r'\{"([\w-]+)"', text[text.index(table):].split("};", maxsplit=1)[0])


@pytest.mark.parametrize("file, table, least", [
    ("script.c", "} verbs[]", "start"), ("script_options.c", "} known_options[]", "object")])
def test_tables(file, table, least):
    known = words(file, table)
    assert least in known
    missing = [word for word in known
               if not re.search(rf"^\| `{word}[ `]", DOCUMENT, re.MULTILINE)]
    assert not missing, f"docs/INIT.md has no line for {', '.join(missing)}"


def test_allow():
    known = words("script_options.c", "} allowables[]")
    assert "registers" in known
    missing = [word for word in known if f"`{word}`" not in ALLOW]
    assert not missing, f"docs/INIT.md does not say what `allow {','.join(missing)}` is"
