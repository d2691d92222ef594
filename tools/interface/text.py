"""Small helpers for making C text."""

import textwrap

WIDTH = 100


def comment(text, indent=""):
    """A block comment of the given text, wrapped to the width of the style."""
    words = " ".join(text.replace("*/", "* /").split())
    if len(indent) + len(words) + 6 <= WIDTH:
        return f"{indent}/* {words} */"
    lines = textwrap.wrap(words, WIDTH - len(indent) - 6, break_long_words=False,
                          break_on_hyphens=False)
    body = f"\n{indent} * ".join(lines)
    return f"{indent}/* {body} */"


def paragraphs(parts, indent=""):
    """A block comment of several paragraphs; each part is a text or a list of lines."""
    lines = []
    for part in parts:
        for text in [part] if isinstance(part, str) else part:
            words = " ".join(text.replace("*/", "* /").split())
            lines += textwrap.wrap(words, WIDTH - len(indent) - 6,
                                   subsequent_indent="" if isinstance(part, str) else "    ",
                                   break_long_words=False, break_on_hyphens=False)
    body = f"\n{indent} * ".join(lines)
    return f"{indent}/* {body} */"


def declaration(head, params, end=";"):
    """`head(params)end`, broken after commas when it is longer than a line."""
    line = f"{head}({', '.join(params) or 'void'}){end}"
    if len(line) <= WIDTH:
        return line
    lines = [""]
    for param in params:
        if len(lines[-1]) + len(param) + 6 + len(end) > WIDTH:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{param},"
    lines[-1] = lines[-1].removesuffix(",")
    return f"{head}(\n    " + "\n    ".join(lines) + f"){end}"
