/*
 * The personality of xv6: runs its programs, those of riscv64 as they are, and aarch64 programs
 * built to the same interface.
 *
 * Its start handles: `namespace`, the names of the system, or `root`, a directory that is all its
 * programs see; `process`, if they may start programs of other kinds.
 */
#include <sinter/object.h>

#include "export.h"
#include "xv6.h"

int server_main(const struct start_info *info);

SERVER_META(name, "xv6");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "runs programs of xv6");
SERVER_META(kind, PERSONALITY);
SERVER_META(provides, "personality 1.0");
SERVER_META(provides, "process 1.0");
SERVER_META(provides, "file 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(restart, STATELESS);
SERVER_META(priority, 8);
SERVER_META(stack, 32768);

int server_main(const struct start_info *info)
{
    host.abi = &xv6_abi;
    return export_run(info);
}
