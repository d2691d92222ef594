#!/usr/bin/python3
"""Makes the tables by which `trace` names methods, their words, and statuses, from decode.json.

    methods.py DECODE.JSON OUTPUT.H
"""

import json
import sys
from pathlib import Path

METHOD_SHIFT = 16


def words(params):
    """Names between blanks; `-` before one that is signed."""
    return " ".join(("-" if param["type"] == "i64" else "") + param["name"] for param in params)


def entries(protocols):
    for number, protocol in protocols.items():
        for index, method in protocol["methods"].items():
            yield (f'    {{{int(number) << METHOD_SHIFT | int(index):#x}, '
                   f'"{protocol["name"]}.{method["name"]}", "{words(method["in"])}", '
                   f'"{words(method["out"])}", "{method["data_in"]}", "{method["data_out"]}", '
                   f'"{" ".join(method["handles_in"])}", "{" ".join(method["handles_out"])}"}},')


def main():
    source, target = map(Path, sys.argv[1:])
    tables = json.loads(source.read_text())
    statuses = "\n".join(f'    {{{number}, "{name}"}},'
                         for number, name in tables["statuses"].items())
    methods = "\n".join(entries(tables["protocols"]))
    target.write_text(f"""/* Made by methods.py from the interface tables. */

static const struct status_name {{
    uint32_t number;
    const char *name;
}} statuses[] = {{
{statuses}
}};

/* Names of words and handles between blanks; `-` before a word that is signed. */
static const struct method {{
    uint32_t number;
    const char *name, *in, *out, *data_in, *data_out, *handles_in, *handles_out;
}} methods[] = {{
{methods}
}};
""")


if __name__ == "__main__":
    main()
