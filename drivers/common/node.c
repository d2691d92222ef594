/* Reads the records of node.h: u32 name length, u32 value length, name, value, each padded. */
#include "node.h"

enum {
    HEADER = 8, /* two lengths */
    CELL = 4
};

static uint32_t little_endian(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static uint64_t padded(uint32_t length)
{
    return ((uint64_t)length + CELL - 1) & ~(uint64_t)(CELL - 1);
}

/* A name may be counted with or without a zero byte at its end. */
static bool same_name(const uint8_t *bytes, uint32_t length, const char *name)
{
    for (uint32_t i = 0; i < length; i++) {
        if (bytes[i] != (uint8_t)name[i]) {
            return false;
        }
        if (name[i] == '\0') {
            return true;
        }
    }
    return name[length] == '\0';
}

const uint8_t *node_find(const struct node *node, const char *name, uint32_t *length)
{
    uint64_t at = 0;
    while (node->records != 0 && node->length - at >= HEADER) {
        const uint8_t *record = node->records + at;
        uint32_t name_length = little_endian(record);
        uint32_t value_length = little_endian(record + CELL);
        uint64_t size = HEADER + padded(name_length) + padded(value_length);
        if (size > node->length - at) {
            return 0;
        }
        if (same_name(record + HEADER, name_length, name)) {
            *length = value_length;
            return record + HEADER + padded(name_length);
        }
        at += size;
    }
    return 0;
}

uint32_t node_u32(const struct node *node, const char *name, uint32_t otherwise)
{
    uint32_t length = 0;
    const uint8_t *value = node_find(node, name, &length);
    return value != 0 && length == CELL ? big_endian(value) : otherwise;
}

bool node_is_compatible(const struct node *node, const char *text)
{
    uint32_t length = 0;
    const uint8_t *value = node_find(node, "compatible", &length);
    uint32_t start = 0;
    for (uint32_t i = 0; value != 0 && i < length; i++) {
        if (value[i] != '\0') {
            continue;
        }
        if (same_name(value + start, i - start, text)) {
            return true;
        }
        start = i + 1;
    }
    return false;
}

size_t node_string(const struct node *node, const char *name, uint32_t number, char *text,
                   size_t capacity)
{
    uint32_t length = 0;
    size_t copied = 0;
    const uint8_t *value = node_find(node, name, &length);
    for (uint32_t i = 0; value != 0 && i < length; i++) {
        if (number == 0 && (value[i] == '\0' || copied == capacity)) {
            break;
        }
        if (number == 0) {
            text[copied++] = (char)value[i];
        }
        number -= number != 0 && value[i] == '\0' ? 1 : 0;
    }
    return copied;
}
