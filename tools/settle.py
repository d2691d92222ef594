"""Relocations that do not depend on where sections come to lie, carried out beforehand.

A branch or call within a section keeps its relocation where compilers leave room for relaxation, as
picolibc for riscv64 has it, and where its target is global. The loader does not relax, and what an
object defines nobody takes the place of. So these are settled in sections whose bytes stay where they
are, that is without R_RISCV_ALIGN: a branch to a label of its own section and, for riscv64, the
difference of two labels. R_RISCV_RELAX tells nothing to who does not relax. What is left of a
relocation table moves to its beginning; objcopy, which the object goes through next, closes the gap.
"""

import struct

ELF64_LITTLE = b"\x7fELF\x02\x01"
ET_REL = 1
EM_AARCH64, EM_RISCV = 183, 243
SHT_SYMTAB, SHT_RELA, SHT_NOBITS = 2, 4, 8
SHF_ALLOC = 2
STT_GNU_IFUNC = 10
SHN_LORESERVE = 0xff00
HEADER = struct.Struct("<16x 2H I 3Q I 6H")
SECTION = struct.Struct("<2I 4Q 2I 2Q")
SYMBOL = struct.Struct("<I 2B H 2Q")
RELA = struct.Struct("<QIIq") # offset, type, symbol, addend
SIZE_OFFSET = 32 # of sh_size in a section header

R_BRANCH, R_JAL, R_CALL, R_CALL_PLT, R_ADD32, R_SUB32, R_ALIGN = 16, 17, 18, 19, 35, 39, 43
R_RVC_BRANCH, R_RVC_JUMP, R_RELAX = 44, 45, 51
R_AARCH64_JUMP26, R_AARCH64_CALL26 = 282, 283

# Machine: type: bytes of the instructions, bits of the offset, and (lowest bit of a part of the offset,
# its bits, where in the instructions it stands): the RISC-V manual's formats B, J, CB and CJ, and U
# followed by I; B and BL of the Arm manual.
AUIPC_JALR = (8, 32, ((0, 12, 52), (12, 20, 12)))
B_OR_BL = (4, 28, ((2, 26, 0),))
BRANCHES = {
    EM_AARCH64: {R_AARCH64_JUMP26: B_OR_BL, R_AARCH64_CALL26: B_OR_BL},
    EM_RISCV: {
        R_BRANCH: (4, 13, ((1, 4, 8), (5, 6, 25), (11, 1, 7), (12, 1, 31))),
        R_JAL: (4, 21, ((1, 10, 21), (11, 1, 20), (12, 8, 12), (20, 1, 31))),
        R_CALL: AUIPC_JALR,
        R_CALL_PLT: AUIPC_JALR,
        R_RVC_BRANCH: (2, 9, ((1, 2, 3), (3, 2, 10), (5, 1, 2), (6, 2, 5), (8, 1, 12))),
        R_RVC_JUMP: (2, 12, ((1, 3, 3), (4, 1, 11), (5, 1, 2), (6, 1, 7), (7, 1, 6), (8, 2, 9),
                             (10, 1, 8), (11, 1, 12))),
    },
}
LOW_HALF = 0x800 # JALR's twelve bits are signed: AUIPC has them rounded


def with_offset(instruction, offset, parts):
    for low, bits, at in parts:
        mask = (1 << bits) - 1
        instruction = instruction & ~(mask << at) | (offset >> low & mask) << at
    return instruction


class Object:
    def __init__(self, data):
        self.data = bytearray(data)
        fields = HEADER.unpack_from(data)
        self.branches = BRANCHES[fields[1]]
        self.has_relaxation = fields[1] == EM_RISCV
        place, count = fields[5], fields[11]
        self.headers = [place + i * SECTION.size for i in range(count)]
        self.sections = [SECTION.unpack_from(data, at) for at in self.headers]
        self.symbols = next((section[4] for section in self.sections
                             if section[1] == SHT_SYMTAB), 0)
        self.tables = [index for index, section in enumerate(self.sections)
                       if section[1] == SHT_RELA and self.sections[section[7]][2] & SHF_ALLOC]
        self.moving = {self.sections[index][7] for index in self.tables
                       if self.has_relaxation
                       and any(entry[1] == R_ALIGN for entry in self.entries(index))}

    def entries(self, index):
        section = self.sections[index]
        return list(RELA.iter_unpack(self.data[section[4]:section[4] + section[5]]))

    def label(self, entry):
        """(its section, its place there) of what an entry refers to, if both are certain."""
        _, info, _, section, value, _ = SYMBOL.unpack_from(
            self.data, self.symbols + entry[2] * SYMBOL.size)
        if (info & 0xf == STT_GNU_IFUNC or not 0 < section < SHN_LORESERVE
                or section in self.moving):
            return None, 0
        return section, value + entry[3]

    def place_of(self, target, offset, count):
        """Where in the file bytes of a section stand."""
        _, kind, _, _, start, size = self.sections[target][:6]
        if kind == SHT_NOBITS or offset + count > size or start + size > len(self.data):
            raise IndexError(f"section {target} has no {count} bytes at {offset}")
        return start + offset

    def settle_branch(self, target, entry):
        bytes_, bits, parts = self.branches[entry[1]]
        section, place = self.label(entry)
        offset = place - entry[0]
        if parts is AUIPC_JALR[2]:
            offset += (offset & LOW_HALF) << 1
        if (section != target or offset % (1 << parts[0][0])
                or not -(1 << bits - 1) <= offset < 1 << bits - 1):
            return False
        at = self.place_of(target, entry[0], bytes_)
        word = int.from_bytes(self.data[at:at + bytes_], "little")
        self.data[at:at + bytes_] = with_offset(word, offset, parts).to_bytes(bytes_, "little")
        return True

    def settle_difference(self, target, add, subtract):
        (section, plus), (other, minus) = self.label(add), self.label(subtract)
        if section is None or section != other:
            return False
        at = self.place_of(target, add[0], 4)
        word = int.from_bytes(self.data[at:at + 4], "little")
        self.data[at:at + 4] = (word + plus - minus & 0xffffffff).to_bytes(4, "little")
        return True

    def remaining(self, target, entries):
        """The entries that could not be settled."""
        left = []
        for entry in entries:
            if entry[1] in self.branches and self.settle_branch(target, entry):
                continue
            if self.has_relaxation and entry[1] == R_RELAX:
                continue
            pair = left and (left[-1][:2], entry[:2]) == ((entry[0], R_ADD32), (entry[0], R_SUB32))
            if self.has_relaxation and pair and self.settle_difference(target, left[-1], entry):
                left.pop()
                continue
            left.append(entry)
        return left

    def settle(self):
        for index in self.tables:
            target = self.sections[index][7]
            if target in self.moving:
                continue
            left = b"".join(RELA.pack(*entry) for entry in
                            self.remaining(target, self.entries(index)))
            at = self.sections[index][4]
            self.data[at:at + len(left)] = left
            struct.pack_into("<Q", self.data, self.headers[index] + SIZE_OFFSET, len(left))


def settled(data):
    """Of an object. Anything else, also a damaged one, is answered as it is: who reads it next knows
    better."""
    if not data.startswith(ELF64_LITTLE):
        return data
    try:
        type_, machine = HEADER.unpack_from(data)[:2]
        if type_ != ET_REL or machine not in BRANCHES:
            return data
        parsed = Object(data)
        parsed.settle()
        return bytes(parsed.data)
    except (struct.error, IndexError, OverflowError):
        return data
