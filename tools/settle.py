"""Relocations that do not depend on where sections come to lie, carried out beforehand.

A branch or call within a section keeps its relocation where compilers leave room for relaxation,
as picolibc for riscv64 has it, and where its target is global. The loader does not relax, and what
an object defines nobody takes the place of. So these are settled in sections whose bytes stay where
they are, that is without R_RISCV_ALIGN: a branch to a label of its own section and, for riscv64,
the difference of two labels. R_RISCV_RELAX tells nothing to who does not relax. What is left of a
relocation table moves to its beginning; objcopy, which the object goes through next, closes the
gap.
"""

import struct

from elf64 import (EM_AARCH64, EM_RISCV, ET_REL, File, RELA, SHF_ALLOC, SHN_LORESERVE, SHN_UNDEF,
                   SHT_NOBITS, SHT_RELA, SHT_SYMTAB, SIZE_OFFSET, STT_GNU_IFUNC, SYMBOL)

R_BRANCH, R_JAL, R_CALL, R_CALL_PLT, R_ADD32, R_SUB32, R_ALIGN = 16, 17, 18, 19, 35, 39, 43
R_RVC_BRANCH, R_RVC_JUMP, R_RELAX = 44, 45, 51
R_AARCH64_JUMP26, R_AARCH64_CALL26 = 282, 283

# Machine: type: bytes of the instructions, bits of the offset, and (lowest bit of a part of the
# offset, its bits, where in the instructions it stands): the RISC-V manual's formats B, J, CB and
# CJ, and U followed by I; B and BL of the Arm manual.
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
        file = File(data)
        self.data = bytearray(data)
        self.branches = BRANCHES.get(file.machine, {}) if file.type == ET_REL else {}
        self.has_relaxation = file.machine == EM_RISCV
        self.sections = file.sections
        self.symbols = next((section.offset for section in self.sections
                             if section.type == SHT_SYMTAB), 0)
        self.tables = [section for section in self.sections if section.type == SHT_RELA
                       and self.sections[section.info].flags & SHF_ALLOC]
        self.moving = {table.info for table in self.tables if self.has_relaxation
                       and any(entry[1] == R_ALIGN for entry in self.entries(table))}

    def entries(self, table):
        return list(RELA.iter_unpack(self.data[table.offset:table.offset + table.size]))

    def label(self, entry):
        """(its section, its place there) of what an entry refers to, if both are certain."""
        _, info, _, section, value, _ = SYMBOL.unpack_from(
            self.data, self.symbols + entry[2] * SYMBOL.size)
        if (info & 0xf == STT_GNU_IFUNC or not SHN_UNDEF < section < SHN_LORESERVE
                or section in self.moving):
            return None, 0
        return section, value + entry[3]

    def place_of(self, target, offset, count):
        """Where in the file bytes of a section stand."""
        section = self.sections[target]
        if (section.type == SHT_NOBITS or offset + count > section.size
                or section.offset + section.size > len(self.data)):
            raise IndexError(f"section {target} has no {count} bytes at {offset}")
        return section.offset + offset

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
        for table in self.tables:
            if table.info in self.moving:
                continue
            left = b"".join(RELA.pack(*entry) for entry in
                            self.remaining(table.info, self.entries(table)))
            self.data[table.offset:table.offset + len(left)] = left
            struct.pack_into("<Q", self.data, table.header + SIZE_OFFSET, len(left))


def settled(data):
    """Of an object. Anything else, also a damaged one, is answered as it is: who reads it next
    knows better."""
    try:
        parsed = Object(data)
        if parsed.branches:
            parsed.settle()
        return bytes(parsed.data)
    except (struct.error, IndexError, OverflowError, ValueError):
        return data
