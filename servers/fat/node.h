/* What is open: one node for each file or directory, however often it is open. */
#ifndef FAT_NODE_H
#define FAT_NODE_H

#include "fat.h"

/* The short entry of a name: FAT specification 1.03, "FAT Directory Structure". */
enum fat_entry_field {
    ENTRY_NAME = 0,
    ENTRY_ATTRIBUTES = 11,
    ENTRY_CASE = 12,
    ENTRY_CREATED_TENTHS = 13,
    ENTRY_CREATED_TIME = 14,
    ENTRY_CREATED_DATE = 16,
    ENTRY_ACCESSED_DATE = 18,
    ENTRY_CLUSTER_HIGH = 20,
    ENTRY_TIME = 22,
    ENTRY_DATE = 24,
    ENTRY_CLUSTER = 26,
    ENTRY_SIZE = 28
};

enum fat_attribute {
    ATTRIBUTE_READ_ONLY = 0x01,
    ATTRIBUTE_VOLUME = 0x08,
    ATTRIBUTE_DIRECTORY = 0x10,
    ATTRIBUTE_ARCHIVE = 0x20,
    ATTRIBUTE_LONG_NAME = 0x0f,
    ATTRIBUTE_LONG_MASK = 0x3f
};

enum { ENTRY_FREE = 0xe5, ENTRY_LAST = 0x00 };

static inline bool fat_is_directory(const struct fat_node *node)
{
    return (node->attributes & ATTRIBUTE_DIRECTORY) != 0;
}

uint32_t fat_entry_cluster(const struct fat *fat, const uint8_t *entry);
void fat_entry_set_cluster(uint8_t *entry, uint32_t cluster);

/* A node of the root directory, with no reference to count. */
void fat_node_root(const struct fat *fat, struct fat_node *node);

/* A node from an entry, with no reference. IO_ERROR: its cluster is none. */
SINTER_MUST_CHECK status_t fat_node_load(const struct fat *fat, const struct fat_place *place,
                                         const uint8_t *entry, struct fat_node *node);

/* The node that is open for a place in a directory, or null. */
struct fat_node *fat_node_find(struct fat *fat, const struct fat_place *place);

/* The same with one more reference; makes it from `loaded` if it is not open. Null: too many. */
struct fat_node *fat_node_open(struct fat *fat, const struct fat_node *loaded);
void fat_node_close(struct fat_node *node);

/* The entry of a node, for changing. GONE: it is not there any more. */
SINTER_MUST_CHECK status_t fat_node_entry(struct fat *fat, const struct fat_node *node,
                                          uint8_t **entry);

/* Puts cluster, size and time into its entry. Part of a stage. */
SINTER_MUST_CHECK status_t fat_node_store(struct fat *fat, struct fat_node *node);

/* The cluster of a chain by its place in it, from 0. NOT_FOUND: the chain is shorter. */
SINTER_MUST_CHECK status_t fat_node_cluster(struct fat *fat, struct fat_node *node, uint32_t index,
                                            uint32_t *cluster);

/* Finds node->tail and node->tail_count. */
SINTER_MUST_CHECK status_t fat_node_tail(struct fat *fat, struct fat_node *node);

/* What is known about its chain does not hold any more. */
void fat_node_forget(struct fat_node *node);

/* Its modification time, ns since 1970. */
SINTER_MUST_CHECK status_t fat_node_modified(struct fat *fat, const struct fat_node *node,
                                             uint64_t *modified);
SINTER_MUST_CHECK status_t fat_node_set_modified(struct fat *fat, const struct fat_node *node,
                                                 uint64_t modified);

#endif
