/* Which objects this loader takes. */
#ifndef LOADER_SERVER_MACHINE_H
#define LOADER_SERVER_MACHINE_H

#include "object.h"

#define LOADER_MACHINE OBJECT_RISCV64

#endif
