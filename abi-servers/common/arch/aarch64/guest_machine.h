/* What the programs of guests are built for. */
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "elf_format.h"

#define GUEST_MACHINE EM_AARCH64

#endif
