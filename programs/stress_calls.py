#!/usr/bin/python3
"""Makes the table of system calls that the program `stress` makes, from decode.json.

    stress_calls.py DECODE.JSON OUTPUT.H

For each call a function with an array of words for what goes in and one for what comes out; calls
that take a message get one that the program has filled.
"""

import json
import sys
from pathlib import Path

C_TYPES = {"u32": "uint32_t", "u64": "uint64_t", "i64": "int64_t", "handle": "handle_t"}
# How the calls with a prototype of their own take their arguments.
MESSAGE_CALLS = {
    "port_call": "port_call(in[0], &message)",
    "port_receive": "port_receive(in[0], in[1], &received)",
    "port_reply": "port_reply(in[0], &message)",
    "port_reply_receive": "port_reply_receive(in[0], in[1], &received)",
    "guest_run": "guest_run(&handler)",
}
MESSAGE_KINDS = {
    "port_call": ["handle"],
    "port_receive": ["handle", "handle"],
    "port_reply": ["handle"],
    "port_reply_receive": ["handle", "handle"],
    "guest_run": [],
}


def plain_function(call):
    arguments = [f"({C_TYPES[item['type']]})in[{i}]" for i, item in enumerate(call["in"])]
    arguments += [f"({C_TYPES[item['type']]} *)(void *)&out[{i}]"
                  for i, item in enumerate(call["out"])]
    return f"return {call['name']}({', '.join(arguments)});"


def function(call):
    body = (f"return {MESSAGE_CALLS[call['name']]};" if call["message"]
            else plain_function(call))
    return (f"static status_t call_{call['name']}(const uint64_t *in, uint64_t *out)\n"
            f"{{\n    (void)in;\n    (void)out;\n    {body}\n}}\n")


def entry(call):
    inputs = (MESSAGE_KINDS[call["name"]] if call["message"]
              else [item["type"] for item in call["in"]])
    letters = "".join("h" if kind == "handle" else "s" if kind == "u32" else "w"
                      for kind in inputs)
    made = "".join("h" if item["type"] == "handle" else "w" for item in call["out"])
    return f'    {{"{call["name"]}", call_{call["name"]}, "{letters}", "{made}"}},'


def main():
    source, target = map(Path, sys.argv[1:])
    calls = [call for call in json.loads(source.read_text())["calls"].values() if call["returns"]]
    functions = "\n".join(function(call) for call in calls)
    entries = "\n".join(entry(call) for call in calls)
    target.write_text(f"""/* Made by stress_calls.py from the interface tables. */

{functions}
/* in: h handle, s 32-bit word, w 64-bit word; out: h handle, w any word. */
static const struct call {{
    const char *name;
    status_t (*make)(const uint64_t *in, uint64_t *out);
    const char *in;
    const char *out;
}} calls[] = {{
{entries}
}};
""")


if __name__ == "__main__":
    main()
