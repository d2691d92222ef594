/* Registers of SD cards, as sd_registers.h says. */
#include "sd_registers.h"

enum {
    CSD_BITS = SD_CSD_BYTES * 8,
    CSD_VERSION_1 = 0, /* standard capacity */
    CSD_VERSION_2 = 1, /* high and extended capacity */
    READ_BL_LEN_LEAST = 9,
    READ_BL_LEN_MOST = 11,
    C_SIZE_MULT_BASE = 2, /* 5.3.2: MULT = 2^(C_SIZE_MULT + 2) */
    V2_UNIT_SHIFT = 19,   /* 5.3.3: memory capacity = (C_SIZE + 1) * 512 KiB */
    CRC7_POLYNOMIAL = 0x09
};

/* Bits `high` to `low` of a CSD, as the specification numbers them. */
static uint32_t csd_bits(const uint8_t *csd, uint32_t high, uint32_t low)
{
    uint32_t value = 0;
    for (uint32_t bit = high + 1; bit > low; bit--) {
        uint32_t place = CSD_BITS - bit;
        value = value << 1 | ((uint32_t)csd[place / 8] >> (7 - place % 8) & 1);
    }
    return value;
}

static uint64_t size_version_1(const uint8_t *csd)
{
    uint32_t block_shift = csd_bits(csd, 83, 80);
    uint64_t count = (uint64_t)csd_bits(csd, 73, 62) + 1;
    uint32_t multiplier = csd_bits(csd, 49, 47) + C_SIZE_MULT_BASE;
    if (block_shift < READ_BL_LEN_LEAST || block_shift > READ_BL_LEN_MOST) {
        return 0;
    }
    return count << (multiplier + block_shift);
}

static uint64_t size_version_2(const uint8_t *csd)
{
    return ((uint64_t)csd_bits(csd, 69, 48) + 1) << V2_UNIT_SHIFT;
}

bool sd_csd_read(const uint8_t csd[SD_CSD_BYTES], struct sd_card *card)
{
    uint32_t version = csd_bits(csd, 127, 126);
    uint32_t expected = card->addressed_by_block ? CSD_VERSION_2 : CSD_VERSION_1;
    uint64_t size = version == CSD_VERSION_2 ? size_version_2(csd) : size_version_1(csd);
    bool addressable = card->addressed_by_block || size <= UINT64_C(1) << 32;
    if (version != expected || size == 0 || !addressable) {
        return false;
    }
    card->size = size;
    card->read_only = csd_bits(csd, 13, 12) != 0; /* PERM_, TMP_WRITE_PROTECT */
    return true;
}

uint32_t sd_block_argument(const struct sd_card *card, uint64_t start)
{
    return (uint32_t)(card->addressed_by_block ? start / SD_BLOCK : start);
}

uint8_t sd_crc7(const uint8_t *bytes, size_t length)
{
    uint8_t crc = 0;
    for (size_t i = 0; i < length; i++) {
        for (uint32_t bit = 8; bit > 0; bit--) {
            uint32_t next = (uint32_t)(bytes[i] >> (bit - 1) & 1) ^ (uint32_t)(crc >> 6 & 1);
            crc = (uint8_t)((crc << 1 & 0x7f) ^ (next != 0 ? CRC7_POLYNOMIAL : 0));
        }
    }
    return crc;
}

/* x^16 + x^12 + x^5 + 1, eight bits at a time: what the byte adds comes back at 12, 5 and 0. */
uint16_t sd_crc16(const uint8_t *bytes, size_t length)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t change = (crc >> 8 ^ bytes[i]) & 0xff;
        change ^= change >> 4;
        crc = (crc << 8 ^ change << 12 ^ change << 5 ^ change) & 0xffff;
    }
    return (uint16_t)crc;
}
