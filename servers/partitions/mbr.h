/* The partition table of a master boot record, and the chain of those inside an extended one. */
#ifndef PARTITION_MBR_H
#define PARTITION_MBR_H

#include "table.h"

enum { MBR_SECTOR = 512 };

/* Whether a first sector is a partition table; the boot sector of a file system is none. */
bool mbr_is_table(const uint8_t sector[MBR_SECTOR]);

/* Whether a GPT follows. */
bool mbr_is_protective(const uint8_t sector[MBR_SECTOR]);

SINTER_MUST_CHECK status_t mbr_read(const struct table_disk *disk, const uint8_t sector[MBR_SECTOR],
                                    struct table *table);

#endif
