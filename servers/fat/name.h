/*
 * Names of FAT: UTF-8 outside, UTF-16 in long entries, 8.3 in the OEM code page (437) in short
 * ones. Pure. Comparison takes no notice of case, as far as Latin, Greek and Cyrillic go.
 */
#ifndef FAT_NAME_H
#define FAT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAT_NAME_UNITS = 255, /* most of a long name */
    FAT_SHORT_BYTES = 11,
    FAT_SHORT_UNITS = 12 /* with the dot */
};

struct fat_name {
    uint32_t length;
    uint16_t units[FAT_NAME_UNITS];
};

/* False: malformed, empty, too long, or not to be had on FAT ("a:b", "a.", "."). */
bool fat_name_from_text(const uint8_t *text, size_t length, struct fat_name *name);

/* Whether a name that was found can be told to others: a hostile one may hold a slash. */
bool fat_name_is_good(const struct fat_name *name);

/* Bytes written, 0 if they do not fit. Lone surrogates become U+FFFD. */
size_t fat_name_to_text(const struct fat_name *name, uint8_t *text, size_t size);

bool fat_name_same(const struct fat_name *one, const struct fat_name *other);

/* The name that a short entry shows, made good; case: its byte 12, by which either part can be
 * lower case. */
void fat_name_from_short(const uint8_t bytes[FAT_SHORT_BYTES], uint8_t case_bits,
                         struct fat_name *name);

/* Whether the name is a short one as it stands, upper case and all; then no long one is needed. */
bool fat_name_is_short(const struct fat_name *name, uint8_t bytes[FAT_SHORT_BYTES]);

/* A short name to go with a long one: candidate 0 is NAME~1, later ones carry a hash. */
void fat_name_make_short(const struct fat_name *name, uint32_t candidate,
                         uint8_t bytes[FAT_SHORT_BYTES]);

/* What long entries carry to tell which short one they belong to. */
uint8_t fat_name_checksum(const uint8_t bytes[FAT_SHORT_BYTES]);

#endif
