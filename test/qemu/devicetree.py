"""Editing device trees: a blob (Devicetree Specification, chapter 5) as nodes, and back.

A node is {"name": str, "properties": {name: bytes}, "children": [node, ...]}.
"""

import struct
from itertools import takewhile

MAGIC = 0xd00dfeed
VERSION, OLDEST_VERSION = 17, 16
HEADER = struct.Struct(">10I")
WORD = struct.Struct(">I")
BEGIN_NODE, END_NODE, PROPERTY, NOP, END = 1, 2, 3, 4, 9
NO_RESERVATION = bytes(16)


class Reader:
    def __init__(self, blob):
        header = HEADER.unpack_from(blob)
        if header[0] != MAGIC:
            raise ValueError("not a device tree")
        self.blob, self.at, self.strings = blob, header[2], header[3]

    def word(self):
        value, = WORD.unpack_from(self.blob, self.at)
        self.at += WORD.size
        return value

    def token(self):
        return next(token for token in iter(self.word, None) if token != NOP)

    def skip_to_word(self, length):
        self.at += (length + 3) & ~3

    def text(self, at):
        return bytes(takewhile(bool, self.blob[at:])).decode()

    def node(self):
        """After BEGIN_NODE."""
        node = {"name": self.text(self.at), "properties": {}, "children": []}
        self.skip_to_word(len(node["name"]) + 1)
        while (token := self.token()) != END_NODE:
            if token == BEGIN_NODE:
                node["children"].append(self.node())
            else:
                length, name = self.word(), self.text(self.strings + self.word())
                node["properties"][name] = self.blob[self.at:self.at + length]
                self.skip_to_word(length)
        return node


def parse(blob):
    reader = Reader(blob)
    if reader.token() != BEGIN_NODE:
        raise ValueError("a device tree without a root")
    return reader.node()


def pad(data):
    return data + bytes(-len(data) % WORD.size)


def write_node(node, strings):
    out = WORD.pack(BEGIN_NODE) + pad(node["name"].encode() + b"\0")
    for name, value in node["properties"].items():
        if name not in strings:
            strings[name] = sum(len(known) + 1 for known in strings)
        out += WORD.pack(PROPERTY) + WORD.pack(len(value)) + WORD.pack(strings[name]) + pad(value)
    return out + b"".join(write_node(child, strings) for child in node["children"]) \
        + WORD.pack(END_NODE)


def make(root):
    strings = {} # name -> offset, in the order of the block
    structure = write_node(root, strings) + WORD.pack(END)
    text = b"".join(name.encode() + b"\0" for name in strings)
    at_structure = HEADER.size + len(NO_RESERVATION)
    at_text = at_structure + len(structure)
    header = HEADER.pack(MAGIC, at_text + len(text), at_structure, at_text, HEADER.size, VERSION,
                         OLDEST_VERSION, 0, len(text), len(structure))
    return header + NO_RESERVATION + structure + text


def nodes(node):
    """The node and all below it."""
    yield node
    for child in node["children"]:
        yield from nodes(child)


def compatible(node):
    return node["properties"].get("compatible", b"").decode().rstrip("\0").split("\0")


def remove(root, condition):
    """Takes out the nodes for which `condition` holds; answers how many there were."""
    found = 0
    for node in nodes(root):
        kept = [child for child in node["children"] if not condition(child)]
        found += len(node["children"]) - len(kept)
        node["children"] = kept
    return found
