"""Relocatable objects of the host, made ready for gdb: pure, used by service.py and by tests."""

from elf64 import File, SHF_ALLOC, SHT_RELA, SIZE_OFFSET

UNLOADED = (".sinter.meta", ".sinter.shape") # read by the loader and not kept in memory


def differences(data, placed):
    """What tells an object from the one of which (name, address, size) are given; "": nothing."""
    file = File(data)
    loaded = {file.name(section): section.size for section in file.sections
              if section.flags & SHF_ALLOC}
    here = {name: size for name, size in loaded.items() if name not in UNLOADED}
    for name, _, size in placed:
        if name not in here:
            return f"it has no {name}"
        if here[name] != size:
            return f"its {name} has {here[name]} bytes, not {size}"
    return ""


def without_code_relocations(data):
    """The object with the relocations of its debugging information only: what it imports is not
    there when it is linked for gdb, nor needed."""
    result = bytearray(data)
    sections = File(data).sections
    for section in sections:
        if section.type == SHT_RELA and sections[section.info].flags & SHF_ALLOC:
            size = section.header + SIZE_OFFSET
            result[size:size + 8] = bytes(8)
    return bytes(result)


def link_script(placed):
    """For ld: lays an object's sections where they lie in memory."""
    lines = [f'    "{name}" {address:#x} : {{ *("{name}") }}'
             for name, address, _ in sorted(placed, key=lambda section: section[1])]
    lines.append("    /DISCARD/ : { *(.sinter.*) *(.eh_frame) *(.note*) }")
    return "\n".join(["SECTIONS", "{", *lines, "}", ""])
