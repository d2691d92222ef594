"""Makes sinter/abi.h: types, statuses, constants and structures; for kernel and user space."""

from .text import comment

HEAD = "Types, statuses, constants and structures of the system interface."

PROLOGUE = """\
#include <stddef.h>
#include <stdint.h>

#if defined(__TINYC__)
#define SINTER_MUST_CHECK
#define SINTER_NORETURN
#else
#define SINTER_MUST_CHECK __attribute__((warn_unused_result))
#define SINTER_NORETURN __attribute__((noreturn))
#endif

/* Fails to compile when the condition is false, in C of any age and in C++. */
#define SINTER_CHECK(name, condition) typedef char sinter_check_##name[(condition) ? 1 : -1]

typedef uint64_t handle_t; /* 0 is no handle */
typedef int32_t status_t;  /* a STATUS_ constant */"""

HELPERS = """\
/* The tag of a message: see struct message. */
#define TAG_BYTES_SHIFT 32
#define TAG_HANDLES_SHIFT 44
#define TAG_LEASES_SHIFT 47
#define TAG_BYTES_MASK 0xfff
#define TAG_HANDLES_MASK 0x7
#define TAG_LEASES_MASK 0x7
#define METHOD_PROTOCOL_SHIFT 16 /* a method is protocol << 16 | number in the protocol */
#define METHOD_NUMBER_MASK 0xffff
#define METHOD_NEGOTIATE 0 /* number of the method that every protocol has */

static inline uint64_t message_tag(uint32_t method, uint32_t bytes, uint32_t handles,
                                   uint32_t leases)
{
    return (uint64_t)method | (uint64_t)bytes << TAG_BYTES_SHIFT |
           (uint64_t)handles << TAG_HANDLES_SHIFT | (uint64_t)leases << TAG_LEASES_SHIFT;
}

static inline uint32_t tag_method(uint64_t tag)
{
    return (uint32_t)tag;
}

static inline status_t tag_status(uint64_t tag)
{
    return (status_t)(uint32_t)tag;
}

static inline uint32_t tag_bytes(uint64_t tag)
{
    return (uint32_t)(tag >> TAG_BYTES_SHIFT) & TAG_BYTES_MASK;
}

static inline uint32_t tag_handles(uint64_t tag)
{
    return (uint32_t)(tag >> TAG_HANDLES_SHIFT) & TAG_HANDLES_MASK;
}

static inline uint32_t tag_leases(uint64_t tag)
{
    return (uint32_t)(tag >> TAG_LEASES_SHIFT) & TAG_LEASES_MASK;
}

/* Says that a status does not matter here, as when closing handles on the way out. */
static inline void status_ignore(status_t status)
{
    (void)status;
}"""


def emit(tables, output):
    parts = [PROLOGUE, statuses(tables)]
    parts += [constant_group(group) for group in tables.constants]
    parts += [structure(struct) for struct in tables.structs.values()]
    parts.append(HELPERS)
    output.write_header("sinter/abi.h", HEAD, "\n\n".join(parts))


def statuses(tables):
    lines = ["enum {"]
    for error in tables.errors:
        name = f"STATUS_{error['name']} = {error['number']},"
        lines.append(f"    {name:<28} /* {error['text']} */")
    return "\n".join(lines + ["};"])


def constant_group(group):
    lines = [comment(group.doc)]
    values = group.values.values()
    hexadecimal = any(value >= 0x100 and value & (value - 1) == 0 for value in values)
    for name, value in group.values.items():
        shown = f"{value:#x}" if hexadecimal and group.name != "limits" else value
        lines.append(f"#define {group.prefix}_{name} {shown}")
    return "\n".join(lines)


def structure(struct):
    lines = [comment(struct.doc), f"struct {struct.name} {{"]
    for item in struct.fields:
        count = f"[{item.count}]" if item.count else ""
        lines.append(f"    {item.c_type} {item.name}{count};")
    lines.append("};")
    lines.append(f"SINTER_CHECK({struct.name}, sizeof(struct {struct.name}) == {struct.size});")
    for item in struct.fields:
        lines.append(f"SINTER_CHECK({struct.name}_{item.name}, "
                     f"offsetof(struct {struct.name}, {item.name}) == {item.offset});")
    return "\n".join(lines)
