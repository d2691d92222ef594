/* What volume.c and directory.c share. */
#ifndef TMPFS_VOLUME_INTERNAL_H
#define TMPFS_VOLUME_INTERNAL_H

#include "volume.h"

/* The bytes of a node's block; null: it has none and, if one was to be made, there is no room. */
uint8_t *volume_block(struct volume *volume, uint32_t node, uint64_t index, bool make);
/* A new node without a name; VOLUME_ROOT: all are taken. */
uint32_t volume_take_node(struct volume *volume, enum volume_kind kind, uint64_t now);
/* Frees a place in a directory. */
void volume_unlink_place(struct volume *volume, uint32_t directory, uint64_t place, uint64_t now);
/* Frees a node that has neither name nor openings. */
void volume_drop_node(struct volume *volume, uint32_t node);

#endif
