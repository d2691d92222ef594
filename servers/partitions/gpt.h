/* The GUID partition table: UEFI Specification 2.10, section 5.3. */
#ifndef PARTITION_GPT_H
#define PARTITION_GPT_H

#include "table.h"

/* Reads the first copy or, if that is damaged, the one at the end of the disk; table->damage says
 * what is wrong if both are. */
SINTER_MUST_CHECK status_t gpt_read(const struct table_disk *disk, struct table *table);

#endif
