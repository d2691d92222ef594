/*
 * The properties of a driver's own device-tree node, from the memory behind its start handle
 * `node` (docs/SERVERS.md). Everything is checked against the length: a damaged tree finds
 * nothing, it does not fault.
 */
#ifndef DRIVERS_COMMON_NODE_H
#define DRIVERS_COMMON_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct node {
    const uint8_t *records; /* null: there is no node, and nothing is found */
    uint64_t length;
};

/* The bytes of a property, or a null pointer. */
const uint8_t *node_find(const struct node *node, const char *name, uint32_t *length);

/* A property of one cell; `otherwise` when it is missing or of another size. */
uint32_t node_u32(const struct node *node, const char *name, uint32_t otherwise);

/* Whether `text` is among the strings of `compatible`. */
bool node_is_compatible(const struct node *node, const char *text);

/*
 * Copies a string of a list, number 0 being the first, without a zero byte; its length, at most
 * `capacity`. 0: there is no such property, or string, or it is empty.
 */
size_t node_string(const struct node *node, const char *name, uint32_t number, char *text,
                   size_t capacity);

#endif
