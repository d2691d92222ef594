/* The names of name.h: Microsoft's FAT specification 1.03, "Long Directory Entries". */
#include "name.h"

#define REPLACEMENT 0xfffd

enum {
    BASE_BYTES = 8,
    EXTENSION_BYTES = 3,
    KANJI_E5 = 0x05, /* stands for 0xe5, which marks a deleted entry */
    DELETED = 0xe5,
    LOWER_BASE = 0x08, /* case bits, as Windows NT sets them */
    LOWER_EXTENSION = 0x10,
    PLAIN_TAILS = 9, /* ~1 to ~9, before hashes come */
    HASH_DIGITS = 4,
    HASH_BASE = 2 /* characters of the name before the hash */
};

/* Code page 437 from 0x80 on. */
static const uint16_t high_half[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0};

/* ---- case ----------------------------------------------------------------------------------- */

/* Ranges in which capitals and small letters stand in turn, capitals first. */
static const struct {
    uint16_t first, last;
} pairs[] = {{0x0100, 0x012f}, {0x0132, 0x0137}, {0x014a, 0x0177}, {0x0460, 0x0481},
             {0x048a, 0x04bf}, {0x04d0, 0x052f}, {0x1e00, 0x1e95}, {0x1ea0, 0x1eff}};

/* Ranges of small letters, and how far above them the capitals are. */
static const struct {
    uint16_t first, last;
    int16_t distance;
} ranges[] = {{0x0061, 0x007a, -0x20}, {0x00e0, 0x00f6, -0x20}, {0x00f8, 0x00fe, -0x20},
              {0x00ff, 0x00ff, 0x79},  {0x03ac, 0x03ac, -0x26}, {0x03ad, 0x03af, -0x25},
              {0x03b1, 0x03c1, -0x20}, {0x03c2, 0x03c2, -0x1f}, {0x03c3, 0x03cb, -0x20},
              {0x03cc, 0x03cc, -0x40}, {0x03cd, 0x03ce, -0x3f}, {0x0430, 0x044f, -0x20},
              {0x0450, 0x045f, -0x50}};

static uint16_t to_upper(uint16_t unit)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (unit >= ranges[i].first && unit <= ranges[i].last) {
            return (uint16_t)(unit + ranges[i].distance);
        }
    }
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (unit >= pairs[i].first && unit <= pairs[i].last) {
            return unit & 0xfffe;
        }
    }
    bool odd_capital = (unit >= 0x0139 && unit <= 0x0148) || (unit >= 0x0179 && unit <= 0x017e);
    return odd_capital ? (uint16_t)(unit - ((unit & 1) == 0)) : unit;
}

bool fat_name_same(const struct fat_name *one, const struct fat_name *other)
{
    if (one->length != other->length) {
        return false;
    }
    for (uint32_t i = 0; i < one->length; i++) {
        if (one->units[i] != other->units[i] &&
            to_upper(one->units[i]) != to_upper(other->units[i])) {
            return false;
        }
    }
    return true;
}

/* ---- UTF-8 ---------------------------------------------------------------------------------- */

static bool contains(const char *set, uint32_t character)
{
    for (; *set != '\0'; set++) {
        if ((uint8_t)*set == character) {
            return true;
        }
    }
    return false;
}

static bool is_allowed(uint32_t character)
{
    return character >= ' ' && character != 0x7f && !contains("\"*/:<>?\\|", character);
}

/* The next character of well-formed UTF-8; 0: it is not. */
static uint32_t decode(const uint8_t *text, size_t length, size_t *at)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    uint8_t lead = text[(*at)++];
    unsigned follow = lead < 0x80 ? 0 : lead < 0xc0 ? 4 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (follow == 4 || lead > 0xf4 || follow > length - *at) {
        return 0;
    }
    uint32_t character = follow == 0 ? lead : lead & (0x3fu >> follow);
    for (unsigned i = 0; i < follow; i++) {
        uint8_t byte = text[(*at)++];
        if ((byte & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | (byte & 0x3f);
    }
    bool surrogate = character >= 0xd800 && character < 0xe000;
    return character < least[follow] || surrogate || character > 0x10ffff ? 0 : character;
}

bool fat_name_from_text(const uint8_t *text, size_t length, struct fat_name *name)
{
    size_t at = 0;
    name->length = 0;
    while (at < length) {
        uint32_t character = decode(text, length, &at);
        uint32_t units = character < 0x10000 ? 1 : 2;
        if (!is_allowed(character) || name->length + units > FAT_NAME_UNITS) {
            return false;
        }
        if (units == 2) {
            character -= 0x10000;
            name->units[name->length++] = (uint16_t)(0xd800 | character >> 10);
            character = 0xdc00 | (character & 0x3ff);
        }
        name->units[name->length++] = (uint16_t)character;
    }
    return fat_name_is_good(name);
}

bool fat_name_is_good(const struct fat_name *name)
{
    for (uint32_t i = 0; i < name->length; i++) {
        if (!is_allowed(name->units[i])) {
            return false;
        }
    }
    uint16_t last = name->length == 0 ? '.' : name->units[name->length - 1];
    return last != '.' && last != ' ';
}

/* The next character of UTF-16. */
static uint32_t join(const struct fat_name *name, uint32_t *at)
{
    uint32_t unit = name->units[(*at)++];
    if (unit < 0xd800 || unit >= 0xe000) {
        return unit;
    }
    uint32_t low = *at < name->length ? name->units[*at] : 0;
    if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
        return REPLACEMENT;
    }
    (*at)++;
    return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

size_t fat_name_to_text(const struct fat_name *name, uint8_t *text, size_t size)
{
    size_t used = 0;
    for (uint32_t at = 0; at < name->length;) {
        uint32_t character = join(name, &at);
        unsigned follow = character < 0x80      ? 0
                          : character < 0x800   ? 1
                          : character < 0x10000 ? 2
                                                : 3;
        static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
        if (size - used < follow + 1) {
            return 0;
        }
        text[used++] = (uint8_t)(leads[follow] | character >> 6 * follow);
        for (unsigned i = follow; i > 0; i--) {
            text[used++] = (uint8_t)(0x80 | (character >> 6 * (i - 1) & 0x3f));
        }
    }
    return used;
}

/* ---- short names ---------------------------------------------------------------------------- */

static uint16_t from_oem(uint8_t byte, bool lower)
{
    if (byte >= 0x80) {
        return high_half[byte - 0x80];
    }
    return lower && byte >= 'A' && byte <= 'Z' ? (uint16_t)(byte + 0x20) : byte;
}

static void append_part(const uint8_t *bytes, unsigned count, bool lower, struct fat_name *name)
{
    while (count > 0 && bytes[count - 1] == ' ') {
        count--;
    }
    for (unsigned i = 0; i < count; i++) {
        uint16_t unit = from_oem(bytes[i], lower);
        name->units[name->length++] = is_allowed(unit) && unit != '.' ? unit : '_';
    }
}

void fat_name_from_short(const uint8_t bytes[FAT_SHORT_BYTES], uint8_t case_bits,
                         struct fat_name *name)
{
    uint8_t copy[FAT_SHORT_BYTES];
    for (unsigned i = 0; i < FAT_SHORT_BYTES; i++) {
        copy[i] = bytes[i];
    }
    if (copy[0] == KANJI_E5) {
        copy[0] = DELETED;
    }
    name->length = 0;
    append_part(copy, BASE_BYTES, (case_bits & LOWER_BASE) != 0, name);
    if (name->length == 0) {
        name->units[name->length++] = '_';
    }
    uint32_t base = name->length;
    name->units[name->length++] = '.';
    append_part(copy + BASE_BYTES, EXTENSION_BYTES, (case_bits & LOWER_EXTENSION) != 0, name);
    if (name->length == base + 1) {
        name->length = base; /* no extension */
    }
}

static bool is_short_character(uint16_t unit)
{
    return unit < 0x80 && is_allowed(unit) && !contains(" +,;=[].", unit);
}

/* The last dot that is not the first character; the length if there is none. */
static uint32_t find_extension(const struct fat_name *name)
{
    for (uint32_t at = name->length; at > 1; at--) {
        if (name->units[at - 1] == '.') {
            return at - 1;
        }
    }
    return name->length;
}

bool fat_name_is_short(const struct fat_name *name, uint8_t bytes[FAT_SHORT_BYTES])
{
    uint32_t dot = find_extension(name);
    uint32_t extension = dot < name->length ? name->length - dot - 1 : 0;
    if (dot > BASE_BYTES || extension > EXTENSION_BYTES) {
        return false;
    }
    for (unsigned i = 0; i < FAT_SHORT_BYTES; i++) {
        bytes[i] = ' ';
    }
    for (uint32_t i = 0; i < name->length; i++) {
        uint16_t unit = name->units[i];
        if (i == dot) {
            continue;
        }
        if (!is_short_character(unit) || to_upper(unit) != unit) {
            return false;
        }
        bytes[i < dot ? i : BASE_BYTES + i - dot - 1] = (uint8_t)unit;
    }
    return true;
}

/* Puts up to `most` characters of a part of the name; answers how many. */
static uint32_t put_part(const struct fat_name *name, uint32_t from, uint32_t to, uint8_t *bytes,
                         uint32_t most)
{
    uint32_t used = 0;
    for (uint32_t i = from; i < to && used < most; i++) {
        uint16_t unit = to_upper(name->units[i]);
        if (unit == ' ' || unit == '.') {
            continue;
        }
        bytes[used++] = is_short_character(unit) ? (uint8_t)unit : '_';
    }
    return used;
}

static uint32_t hash_name(const struct fat_name *name, uint32_t candidate)
{
    uint32_t hash = 2166136261u + candidate;
    for (uint32_t i = 0; i < name->length; i++) {
        hash = (hash ^ name->units[i]) * 16777619u;
    }
    return hash >> 16 ^ hash;
}

void fat_name_make_short(const struct fat_name *name, uint32_t candidate,
                         uint8_t bytes[FAT_SHORT_BYTES])
{
    uint32_t dot = find_extension(name);
    bool hashed = candidate >= PLAIN_TAILS;
    for (unsigned i = 0; i < FAT_SHORT_BYTES; i++) {
        bytes[i] = ' ';
    }
    uint32_t used =
        put_part(name, 0, dot, bytes, hashed ? HASH_BASE : BASE_BYTES - 2 /* ~ and a digit */);
    if (used == 0) {
        bytes[used++] = '_';
    }
    if (hashed) {
        uint32_t hash = hash_name(name, candidate / PLAIN_TAILS);
        for (unsigned i = 0; i < HASH_DIGITS; i++) {
            bytes[used++] = (uint8_t)"0123456789ABCDEF"[hash >> 4 * i & 0xf];
        }
    }
    bytes[used++] = '~';
    bytes[used] = (uint8_t)('1' + candidate % PLAIN_TAILS);
    if (dot < name->length) {
        (void)put_part(name, dot + 1, name->length, bytes + BASE_BYTES, EXTENSION_BYTES);
    }
}

uint8_t fat_name_checksum(const uint8_t bytes[FAT_SHORT_BYTES])
{
    uint8_t sum = 0;
    for (unsigned i = 0; i < FAT_SHORT_BYTES; i++) {
        sum = (uint8_t)((sum << 7 | sum >> 1) + bytes[i]);
    }
    return sum;
}
