/* Places in the first sector and in FSInfo: FAT specification 1.03, "Boot Sector and BPB". */
#ifndef FAT_BOOT_SECTOR_H
#define FAT_BOOT_SECTOR_H

enum boot_sector {
    BPB_BYTES_PER_SECTOR = 11,
    BPB_SECTORS_PER_CLUSTER = 13,
    BPB_RESERVED_SECTORS = 14,
    BPB_FAT_COUNT = 16,
    BPB_ROOT_ENTRIES = 17,
    BPB_TOTAL_SECTORS_16 = 19,
    BPB_FAT_SECTORS_16 = 22,
    BPB_TOTAL_SECTORS_32 = 32,
    BS_STATE = 37, /* FAT12 and FAT16 */
    BS_VOLUME_ID = 39,
    BPB_FAT_SECTORS_32 = 36, /* from here on FAT32 */
    BPB_FLAGS_32 = 40,
    BPB_VERSION_32 = 42,
    BPB_ROOT_CLUSTER_32 = 44,
    BPB_INFO_SECTOR_32 = 48,
    BS_STATE_32 = 65,
    BS_VOLUME_ID_32 = 67,
    BOOT_SIGNATURE_OFFSET = 510
};

enum {
    STATE_DIRTY = 0x01,
    FLAGS_NOT_MIRRORED = 0x80,
    FLAGS_ACTIVE_MASK = 0x0f,
    BOOT_SIGNATURE = 0xaa55
};

/* The second entry of the FAT. */
#define CLEAN_16 0x8000u
#define CLEAN_32 0x08000000u

enum info_sector { INFO_LEAD = 0, INFO_STRUCTURE = 484, INFO_FREE = 488, INFO_NEXT = 492 };

#define INFO_LEAD_SIGNATURE      0x41615252u
#define INFO_STRUCTURE_SIGNATURE 0x61417272u

#endif
