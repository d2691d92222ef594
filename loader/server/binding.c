/*
 * The loader's use of libsys: see binding.h.
 */
#include "binding.h"

#include "bytes.h"
#include "libsys_image.h"
#include "static_bind.h"

/* The core checks that all exports lie in the image. Its real size is not known here, but our
 * libsys is the kernel's, and none is larger than this. */
enum { LIBSYS_MOST = 1 << 20 };

bool binding_exports(struct exports *exports, uint64_t libsys, uint64_t base,
                     struct refusal *refusal)
{
    return exports_open(exports, "libsys.so", (const void *)(uintptr_t)libsys, LIBSYS_MOST,
                        EXPORTS_OFFSET, base, refusal);
}

uint64_t binding_task_enter(uint64_t libsys)
{
    for (unsigned i = 0; i < static_import_count; i++) {
        if (text_equal(static_imports[i].name, "task_enter")) {
            return static_import_slots[i] - libsys;
        }
    }
    return 0;
}
