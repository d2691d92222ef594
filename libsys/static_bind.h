/*
 * Binds a program that is linked at fixed addresses, with no loader before it, to libsys: the boot
 * loader program. It links with static_imports.S, whose stubs carry the names of the imports.
 */
#ifndef STATIC_BIND_H
#define STATIC_BIND_H

#include <sinter/abi.h>

struct static_import {
    const char *name;
    uint16_t major, minor; /* 0.0 for helpers of compilers */
    uint32_t fingerprint;
};

extern const struct static_import static_imports[];
extern const unsigned static_import_count;
extern uint64_t static_import_slots[]; /* zero until bound */

/*
 * To be called before anything else of libsys, memcpy() included. libsys is the address that the
 * kernel gave in start_info.reserved[0]. BAD_FORMAT: no table of exports there; NOT_FOUND: libsys
 * lacks an import, whose slot stays zero: kernel and program are of different releases.
 */
SINTER_MUST_CHECK status_t static_bind(const void *libsys);

#endif
