"""Makes sinter/system.h: the imports of every function of libsys, and the shapes."""

from .fingerprint import fingerprint, reached_structs, split_prototype
from .text import declaration, paragraphs

HEAD = "The functions of the system interface, as objects import them."

PROLOGUE = """\
#include <sinter/abi.h>
#include <sinter/object.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a pointer takes a result, a null pointer leaves it out. Every handle argument can answer
 * BAD_HANDLE, GONE, WRONG_TYPE and NO_RIGHT; these are not repeated below. "Page data" is the data
 * area of the calling thread's message page. */"""

EPILOGUE = """\
#ifdef __cplusplus
}
#endif"""


def emit(tables, output):
    parts = [PROLOGUE]
    parts += [imported(routine, tables) for routine in tables.routines]
    parts.append(EPILOGUE)
    parts += shapes(tables)
    output.write_header("sinter/system.h", HEAD, "\n\n".join(parts))


def imported(routine, tables):
    result, name, params = split_prototype(routine.prototype)
    prefix = ""
    if routine.returns_status:
        prefix = "SINTER_MUST_CHECK "
    if routine.noreturn:
        prefix = "SINTER_NORETURN "
    head = declaration(f"{prefix}{result}{name}", params, end="")
    mark = fingerprint(routine, tables)
    tail = f'IMPORT("{name}", "{routine.version}", "{mark}");'
    return f"{documentation(routine)}\n{head}\n    {tail}"


def documentation(routine):
    """Text, rights wanted of each handle, and each error with its reason."""
    parts = [routine.doc]
    handles = [param.name for param in routine.inputs if param.type == "handle"] or ["the handle"]
    rights = [f"{handle}: {need}" for handle, need in zip(handles, routine.needs) if need]
    if routine.custom:
        rights = [f"needs {need}" for need in routine.needs]
    if rights:
        parts.append([f"Rights: {', '.join(rights)}."])
    if routine.errors:
        parts.append([f"{name}: {reason}." for name, reason in routine.errors.items()])
    return paragraphs(parts)


def shapes(tables):
    """One record for each structure that a function of the interface reaches."""
    names = sorted({name for routine in tables.routines
                    for name in reached_structs(routine.prototype, tables)})
    major, minor = highest_version(tables)
    result = []
    for name in names:
        members = [item.name for item in tables.structs[name].fields]
        result.append(declaration(
            "SHAPE", [name, f'"struct {name}"', str(major), str(minor), *members]))
    return result


def highest_version(tables):
    return max(tuple(int(part) for part in routine.since.split(".")) for routine in tables.routines)
