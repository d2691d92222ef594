"""xv6 file systems on the host: makes an image of names, reads one back, and checks one.

A tree is a dict: name -> bytes (a file), Device, Link (a further name of a file made before) or a
dict (a directory). What is checked is what xv6 relies on: each used block has one owner and is
marked in the bit map, and no other is; links are as many as there are names; the log is empty.
"""

import struct
from dataclasses import dataclass

BLOCK = 1024
MAGIC = 0x10203040
ROOT = 1
DIRECTORY, FILE, DEVICE = 1, 2, 3
DIRECT = 12
INDIRECT = BLOCK // 4
MOST = (DIRECT + INDIRECT) * BLOCK  # bytes of a file
NAME = 14
INODE = struct.Struct("<hhhhI13I")
ENTRY = struct.Struct(f"<H{NAME}s")
SUPERBLOCK = struct.Struct("<8I")
MAP_BITS = BLOCK * 8


@dataclass(frozen=True)
class Device:
    major: int
    minor: int


@dataclass(frozen=True)
class Link:
    path: str  # of the other name, from the root


class Unsound(Exception):
    """What is wrong with an image; one line each."""


class Geometry:
    """Where things are, from the numbers of the superblock."""

    def __init__(self, size=2000, inodes=200, log=30):
        self.size, self.inodes, self.log_length = size, inodes, log
        self.log = 2
        self.inode_start = self.log + log
        self.map_start = self.inode_start + inodes // (BLOCK // INODE.size) + 1
        self.data = self.map_start + size // MAP_BITS + 1

    def superblock(self):
        return SUPERBLOCK.pack(MAGIC, self.size, self.size - self.data, self.inodes,
                               self.log_length, self.log, self.inode_start, self.map_start)

    @classmethod
    def read(cls, image):
        (magic, size, data, inodes, log_length, log, inode_start,
         map_start) = SUPERBLOCK.unpack_from(image, BLOCK)
        if magic != MAGIC or len(image) < size * BLOCK:
            raise Unsound("no xv6 file system, or not all of it")
        found = cls(size, inodes, log_length)
        if (log, inode_start, map_start, size - data) != (found.log, found.inode_start,
                                                          found.map_start, found.data):
            raise Unsound("not laid out as mkfs does")
        return found


# ---- making -------------------------------------------------------------------------------------

class Maker:
    def __init__(self, geometry):
        self.geometry = geometry
        self.image = bytearray(geometry.size * BLOCK)
        self.image[BLOCK:BLOCK + SUPERBLOCK.size] = geometry.superblock()
        self.next_inode = ROOT
        self.next_block = geometry.data
        self.made = {}  # path -> [number, type, device, links, contents]

    def take_block(self, contents):
        block = self.next_block
        if block == self.geometry.size:
            raise ValueError("the image is too small for this")
        self.next_block += 1
        self.image[block * BLOCK:block * BLOCK + len(contents)] = contents
        return block

    def take_inode(self, path, kind, contents=b"", device=Device(0, 0)):
        self.made[path] = [self.next_inode, kind, device, 1, contents]
        self.next_inode += 1
        return self.made[path]

    def make(self, path, node):
        """The number of what has the path."""
        if isinstance(node, Link):
            other = self.made[node.path]
            other[3] += 1
            return other[0]
        if isinstance(node, Device):
            return self.take_inode(path, DEVICE, device=node)[0]
        if isinstance(node, bytes):
            return self.take_inode(path, FILE, node)[0]
        return self.make_directory(path, node, None)

    def make_directory(self, path, tree, parent):
        made = self.take_inode(path, DIRECTORY)
        entries = [(made[0], "."), (parent or made[0], "..")]
        for name, node in tree.items():
            if len(name.encode()) > NAME:
                raise ValueError(f"{name}: a name has {NAME} bytes at most")
            child = f"{path}/{name}" if path else name
            if isinstance(node, dict):
                number = self.make_directory(child, node, made[0])
                made[3] += 1
            else:
                number = self.make(child, node)
            entries.append((number, name))
        made[4] = b"".join(ENTRY.pack(number, name.encode()) for number, name in entries)
        return made[0]

    def write_inode(self, number, kind, device, links, contents):
        if len(contents) > MOST:
            raise ValueError(f"a file has {MOST} bytes at most")
        blocks = [self.take_block(contents[at:at + BLOCK]) for at in range(0, len(contents), BLOCK)]
        addresses = (blocks[:DIRECT] + DIRECT * [0])[:DIRECT]
        rest = blocks[DIRECT:]
        addresses.append(self.take_block(struct.pack(f"<{len(rest)}I", *rest)) if rest else 0)
        INODE.pack_into(self.image, self.geometry.inode_start * BLOCK + number * INODE.size, kind,
                        device.major, device.minor, links, len(contents), *addresses)

    def finish(self):
        if self.next_inode > self.geometry.inodes:
            raise ValueError("the image has too few inodes for this")
        for made in self.made.values():
            self.write_inode(*made)
        for block in range(self.next_block):
            self.image[self.geometry.map_start * BLOCK + block // 8] |= 1 << block % 8
        return bytes(self.image)


def make(tree, size=2000, inodes=200, log=30):
    """An image of `size` blocks with this in its root."""
    maker = Maker(Geometry(size, inodes, log))
    maker.make_directory("", tree, None)
    return maker.finish()


# ---- reading and checking -----------------------------------------------------------------------

class Reader:
    """Goes through all of an image, and notes what is wrong."""

    def __init__(self, image):
        self.image = image
        self.geometry = Geometry.read(image)
        self.wrong = []
        self.owners = {}  # block -> what has it
        self.names = {}  # inode -> how many names it has
        self.parents = {}  # directory -> how many directories are below it

    def inode(self, number):
        kind, major, minor, links, size, *addresses = INODE.unpack_from(
            self.image, self.geometry.inode_start * BLOCK + number * INODE.size)
        return kind, Device(major & 0xffff, minor & 0xffff), links, size, addresses

    def block(self, number):
        return self.image[number * BLOCK:(number + 1) * BLOCK]

    def own(self, block, who):
        if not self.geometry.data <= block < self.geometry.size:
            self.wrong.append(f"{who} has block {block}, which is none of data")
            return False
        if block in self.owners:
            self.wrong.append(f"block {block} is of {self.owners[block]} and of {who}")
            return False
        self.owners[block] = who
        return True

    def contents(self, number, who, own):
        _, _, _, size, addresses = self.inode(number)
        blocks = addresses[:DIRECT]
        if addresses[DIRECT] and (not own or self.own(addresses[DIRECT], f"{who}'s addresses")):
            blocks += struct.unpack(f"<{INDIRECT}I", self.block(addresses[DIRECT]))
        if own:
            for block in blocks:
                _ = block and self.own(block, who)
        if size > MOST:
            self.wrong.append(f"{who} has {size} bytes")
            return b""
        pieces = [self.block(block) if block else bytes(BLOCK) for block in blocks]
        pieces += [bytes(BLOCK)] * (DIRECT + INDIRECT - len(pieces))
        return b"".join(pieces)[:size]

    def entries(self, number, who, parent, own):
        data = self.contents(number, who, own)
        found = {}
        for number_there, name in ENTRY.iter_unpack(data[:len(data) - len(data) % ENTRY.size]):
            text = name.partition(b"\0")[0].decode("latin-1")
            if number_there == 0:
                continue
            if not text or "/" in text or text in found:
                self.wrong.append(f"{who} has the name {text!r}, twice or no good one")
            found[text] = number_there
        if found.pop(".", None) != number or found.pop("..", None) != parent:
            self.wrong.append(f"{who}: `.` and `..` are not itself and {parent}")
        return found

    def tree(self, number=ROOT, who="/", parent=ROOT):
        """As make() takes it, but with Link for the second name of a file; of all that is met the
        blocks are owned and the names counted."""
        result = {}
        paths = self.paths
        for name, child in self.entries(number, who, parent, True).items():
            path = f"{who.rstrip('/')}/{name}"
            if not ROOT < child < self.geometry.inodes:
                self.wrong.append(f"{path} is of inode {child}")
                continue
            kind, device, _, _, _ = self.inode(child)
            again = child in self.names
            self.names[child] = self.names.get(child, 0) + 1
            if kind == DIRECTORY:
                if again:
                    self.wrong.append(f"{path} is a second name of a directory")
                    continue
                self.parents[number] = self.parents.get(number, 0) + 1
                result[name] = self.tree(child, path, number)
            elif again:
                result[name] = Link(paths[child])
            elif kind in (FILE, DEVICE):
                paths[child] = path.lstrip("/")
                contents = self.contents(child, path, True)
                result[name] = contents if kind == FILE else device
            else:
                self.wrong.append(f"{path} is of a free inode, or type {kind}")
        return result

    def check_inodes(self):
        for number in range(ROOT, self.geometry.inodes):
            kind, _, links, _, _ = self.inode(number)
            names = self.names.get(number, 0) + self.parents.get(number, 0)
            names += number == ROOT
            if (kind != 0 or names) and links != names:
                self.wrong.append(f"inode {number}, type {kind}: {links} links, {names} names")

    def check_map(self):
        for block in range(self.geometry.size):
            used = self.image[self.geometry.map_start * BLOCK + block // 8] >> block % 8 & 1
            owned = block < self.geometry.data or block in self.owners
            if used != owned:
                self.wrong.append(f"block {block}: marked {used}, owned {owned}")

    def read(self):
        self.paths = {}
        if self.inode(ROOT)[0] != DIRECTORY:
            raise Unsound("the root is no directory")
        tree = self.tree()
        self.check_inodes()
        self.check_map()
        if struct.unpack_from("<I", self.image, self.geometry.log * BLOCK) != (0,):
            self.wrong.append("the log is not empty")
        return tree


def read(image):
    """The tree of an image that is sound; Unsound otherwise."""
    reader = Reader(image)
    tree = reader.read()
    if reader.wrong:
        raise Unsound("\n".join(reader.wrong))
    return tree


def read_file(path):
    with open(path, "rb") as file:
        return read(file.read())
