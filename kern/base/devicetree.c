/*
 * Reading a flattened device tree in place (Devicetree Specification 0.4, chapter 5): the blob,
 * its nodes and properties. devicetree_find.c and devicetree_bus.c stand on this.
 *
 * Layers: bytes; tokens of the structure block; nodes; properties. Everything goes through
 * token_read(), which checks the bounds of each token again, so that even a node that came from
 * nowhere cannot lead outside the blob. devicetree_open() establishes in addition that the tokens
 * form one tree, and that the strings block ends in NUL.
 *
 * Needs no library: the kernel, its tests and user space compile the same files.
 */
#include "devicetree.h"
#include "devicetree_text.h"

#define FDT_MAGIC   0xd00dfeedu
#define FDT_VERSION 17 /* the only version that the specification describes */

/* Offsets of header fields (5.2). */
#define FDT_TOTALSIZE         4
#define FDT_OFF_DT_STRUCT     8
#define FDT_OFF_DT_STRINGS    12
#define FDT_OFF_MEM_RSVMAP    16
#define FDT_HEADER_VERSION    20
#define FDT_LAST_COMP_VERSION 24
#define FDT_SIZE_DT_STRINGS   32
#define FDT_SIZE_DT_STRUCT    36
#define FDT_HEADER_SIZE       40

/* Tokens (5.4.1). */
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define FDT_END        9u

#define CELL             4u               /* bytes of a cell and of a token */
#define RESERVATION_SIZE 16u              /* bytes: address and size */
#define SIZE_LIMIT       (UINT32_MAX / 2) /* keeps sums of two offsets inside 32 bits */

/* ---- bytes ---------------------------------------------------------------------------------- */

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t read_u64(const uint8_t *bytes)
{
    return (uint64_t)read_u32(bytes) << 32 | read_u32(bytes + CELL);
}

/* ---- tokens --------------------------------------------------------------------------------- */

struct token {
    uint32_t kind;
    uint32_t at;          /* its offset in the structure block */
    uint32_t next;        /* that of the token after it */
    const char *name;     /* of a node or property */
    const uint8_t *value; /* of a property */
    uint32_t length;
};

static const uint8_t *structure_at(const struct devicetree *tree, uint32_t offset)
{
    return tree->blob + tree->structure + offset;
}

/* The offset after `length` bytes at `offset` and padding; 0 if that is outside the block. */
static uint32_t token_end(const struct devicetree *tree, uint32_t offset, uint32_t length)
{
    if (offset > tree->structure_size || length > tree->structure_size - offset) {
        return 0;
    }
    uint32_t padded = (length + CELL - 1) & ~(CELL - 1);
    return padded > tree->structure_size - offset ? 0 : offset + padded;
}

/* Whether one of the four bytes is 0. */
static bool has_nul(uint32_t cell)
{
    return ((cell - 0x01010101u) & ~cell & 0x80808080u) != 0;
}

static bool token_read_node(const struct devicetree *tree, struct token *token)
{
    uint32_t end = token->next;

    token->name = (const char *)structure_at(tree, end);
    do {
        if (tree->structure_size - end < CELL) {
            return false;
        }
        end += CELL;
    } while (!has_nul(read_u32(structure_at(tree, end - CELL))));
    token->next = end;
    return true;
}

static bool token_read_property(const struct devicetree *tree, struct token *token)
{
    uint32_t begin = token->at + CELL;

    if (token_end(tree, begin, 2 * CELL) == 0) {
        return false;
    }
    token->length = read_u32(structure_at(tree, begin));
    uint32_t name = read_u32(structure_at(tree, begin + CELL));
    if (name >= tree->strings_size) {
        return false;
    }
    token->name = (const char *)tree->blob + tree->strings + name;
    token->value = structure_at(tree, begin + 2 * CELL);
    token->next = token_end(tree, begin + 2 * CELL, token->length);
    return token->next != 0;
}

/* Reads the token at or after `offset`, passing over NOPs; false if there is no valid one, as at
 * DEVICETREE_NONE. */
static bool token_read(const struct devicetree *tree, uint32_t offset, struct token *token)
{
    do {
        token->at = offset;
        token->next = token_end(tree, offset, CELL);
        if (token->next == 0 || offset % CELL != 0) {
            return false;
        }
        token->kind = read_u32(structure_at(tree, offset));
        offset = token->next;
    } while (token->kind == FDT_NOP);

    switch (token->kind) {
    case FDT_BEGIN_NODE:
        return token_read_node(tree, token);
    case FDT_PROP:
        return token_read_property(tree, token);
    default:
        return token->kind == FDT_END_NODE || token->kind == FDT_END;
    }
}

/* ---- opening -------------------------------------------------------------------------------- */

uint32_t devicetree_size(const void *header)
{
    const uint8_t *bytes = header;
    uint32_t size = read_u32(bytes + FDT_TOTALSIZE);

    return read_u32(bytes) == FDT_MAGIC && size >= FDT_HEADER_SIZE && size <= SIZE_LIMIT ? size : 0;
}

/* Finds a block by the header fields at `offset` and `size`; false if it is outside the blob. */
static bool block_read(const struct devicetree *tree, uint32_t offset_field, uint32_t size_field,
                       uint32_t *offset, uint32_t *size)
{
    *offset = read_u32(tree->blob + offset_field);
    *size = read_u32(tree->blob + size_field);
    return *offset <= tree->size && *size <= tree->size - *offset;
}

/* One root, properties before child nodes, every BEGIN with its END. */
static const char *structure_check(const struct devicetree *tree)
{
    struct token token;
    unsigned depth = 0;
    bool properties_allowed = false;

    for (uint32_t offset = 0; token_read(tree, offset, &token); offset = token.next) {
        switch (token.kind) {
        case FDT_BEGIN_NODE:
            if (depth == 0 && token.at != devicetree_root(tree)) {
                return "device tree has more than one root";
            }
            if (++depth > DEVICETREE_DEPTH) {
                return "device tree is nested deeper than 16 nodes";
            }
            properties_allowed = true;
            break;
        case FDT_END_NODE:
            if (depth-- == 0) {
                return "device tree ends a node that it has not begun";
            }
            properties_allowed = false;
            break;
        case FDT_PROP:
            if (!properties_allowed) {
                return "device tree has a property after a child node";
            }
            break;
        default:
            if (depth != 0) {
                return "device tree ends inside a node";
            }
            return devicetree_root(tree) == DEVICETREE_NONE ? "device tree has no root" : NULL;
        }
    }
    return "device tree has a token that is unknown or leads outside its block";
}

static const char *reservations_check(const struct devicetree *tree)
{
    uint32_t offset = read_u32(tree->blob + FDT_OFF_MEM_RSVMAP);

    for (; offset <= tree->size && tree->size - offset >= RESERVATION_SIZE;
         offset += RESERVATION_SIZE) {
        if (read_u64(tree->blob + offset) == 0 && read_u64(tree->blob + offset + 8) == 0) {
            return NULL;
        }
    }
    return "device tree has no end of its memory reservations";
}

const char *devicetree_open(struct devicetree *tree, const void *blob, size_t limit)
{
    tree->blob = blob;
    if (limit < FDT_HEADER_SIZE || devicetree_size(blob) == 0) {
        return "device tree has no valid header (magic 0xd00dfeed)";
    }
    tree->size = devicetree_size(blob);
    if (tree->size > limit) {
        return "device tree is larger than the memory it is in";
    }
    if (read_u32(tree->blob + FDT_HEADER_VERSION) < FDT_VERSION ||
        read_u32(tree->blob + FDT_LAST_COMP_VERSION) > FDT_VERSION) {
        return "device tree is not compatible with format version 17";
    }
    if (!block_read(tree, FDT_OFF_DT_STRUCT, FDT_SIZE_DT_STRUCT, &tree->structure,
                    &tree->structure_size) ||
        !block_read(tree, FDT_OFF_DT_STRINGS, FDT_SIZE_DT_STRINGS, &tree->strings,
                    &tree->strings_size)) {
        return "device tree has a block outside its size";
    }
    if (tree->strings_size != 0 && tree->blob[tree->strings + tree->strings_size - 1] != '\0') {
        return "device tree has a name without end in its strings block";
    }
    const char *error = structure_check(tree);
    return error != NULL ? error : reservations_check(tree);
}

bool devicetree_reservation(const struct devicetree *tree, unsigned i, uint64_t *address,
                            uint64_t *size)
{
    uint64_t offset = read_u32(tree->blob + FDT_OFF_MEM_RSVMAP) + (uint64_t)i * RESERVATION_SIZE;

    if (offset + RESERVATION_SIZE > tree->size) {
        return false;
    }
    *address = read_u64(tree->blob + offset);
    *size = read_u64(tree->blob + offset + 8);
    return *address != 0 || *size != 0;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* The node that begins at or after `offset` before anything but properties; NONE if none does. */
static dt_node node_ahead(const struct devicetree *tree, uint32_t offset)
{
    struct token token;

    while (token_read(tree, offset, &token)) {
        if (token.kind != FDT_PROP) {
            return token.kind == FDT_BEGIN_NODE ? token.at : DEVICETREE_NONE;
        }
        offset = token.next;
    }
    return DEVICETREE_NONE;
}

dt_node devicetree_root(const struct devicetree *tree)
{
    return node_ahead(tree, 0);
}

dt_node devicetree_next(const struct devicetree *tree, dt_node node)
{
    struct token token;
    bool more = token_read(tree, node, &token);

    while (more && token.kind != FDT_END) {
        more = token_read(tree, token.next, &token);
        if (more && token.kind == FDT_BEGIN_NODE) {
            return token.at;
        }
    }
    return DEVICETREE_NONE;
}

dt_node devicetree_first_child(const struct devicetree *tree, dt_node node)
{
    struct token token;

    return token_read(tree, node, &token) ? node_ahead(tree, token.next) : DEVICETREE_NONE;
}

dt_node devicetree_next_sibling(const struct devicetree *tree, dt_node node)
{
    struct token token = {.next = node};
    unsigned depth = 0;

    while (token_read(tree, token.next, &token) && token.kind != FDT_END) {
        if (token.kind == FDT_BEGIN_NODE) {
            depth++;
        } else if (token.kind == FDT_END_NODE && --depth == 0) {
            return node_ahead(tree, token.next);
        }
    }
    return DEVICETREE_NONE;
}

dt_node devicetree_parent(const struct devicetree *tree, dt_node node)
{
    dt_node chain[DEVICETREE_DEPTH];
    struct token token;
    unsigned depth = 0;

    for (uint32_t offset = 0; token_read(tree, offset, &token) && token.kind != FDT_END;
         offset = token.next) {
        if (token.kind == FDT_BEGIN_NODE && depth < DEVICETREE_DEPTH) {
            if (token.at == node) {
                return depth == 0 ? DEVICETREE_NONE : chain[depth - 1];
            }
            chain[depth++] = token.at;
        } else if (token.kind == FDT_END_NODE && depth > 0) {
            depth--;
        }
    }
    return DEVICETREE_NONE;
}

const char *devicetree_name(const struct devicetree *tree, dt_node node)
{
    struct token token;

    return token_read(tree, node, &token) && token.kind == FDT_BEGIN_NODE ? token.name : "";
}

/* ---- properties ----------------------------------------------------------------------------- */

/* The property token after the one at `token->at`; false after the last. */
static bool property_next(const struct devicetree *tree, struct token *token)
{
    return token_read(tree, token->next, token) && token->kind == FDT_PROP;
}

static bool properties_begin(const struct devicetree *tree, dt_node node, struct token *token)
{
    return token_read(tree, node, token) && token->kind == FDT_BEGIN_NODE;
}

const uint8_t *devicetree_property(const struct devicetree *tree, dt_node node, const char *name,
                                   uint32_t *length)
{
    struct token token;

    if (!properties_begin(tree, node, &token)) {
        return NULL;
    }
    while (property_next(tree, &token)) {
        if (text_equal(token.name, name)) {
            *length = token.length;
            return token.value;
        }
    }
    return NULL;
}

bool devicetree_property_at(const struct devicetree *tree, dt_node node, unsigned i,
                            const char **name, const uint8_t **value, uint32_t *length)
{
    struct token token;

    if (!properties_begin(tree, node, &token)) {
        return false;
    }
    do {
        if (!property_next(tree, &token)) {
            return false;
        }
    } while (i-- != 0);
    *name = token.name;
    *value = token.value;
    *length = token.length;
    return true;
}

const char *devicetree_string(const struct devicetree *tree, dt_node node, const char *name)
{
    uint32_t length;
    const uint8_t *value = devicetree_property(tree, node, name, &length);

    return value == NULL || length == 0 || value[length - 1] != '\0' ? NULL : (const char *)value;
}

bool devicetree_cell(const struct devicetree *tree, dt_node node, const char *name, unsigned i,
                     uint32_t *cell)
{
    uint32_t length;
    const uint8_t *value = devicetree_property(tree, node, name, &length);

    if (value == NULL || i >= length / CELL) {
        return false;
    }
    *cell = read_u32(value + i * CELL);
    return true;
}

bool devicetree_number(const struct devicetree *tree, dt_node node, const char *name,
                       uint64_t *number)
{
    uint32_t length;
    const uint8_t *value = devicetree_property(tree, node, name, &length);

    if (value == NULL || length < CELL) {
        return false;
    }
    *number = length < 2 * CELL ? read_u32(value) : read_u64(value);
    return true;
}
