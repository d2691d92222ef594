/*
 * Unit tests of what drivers believe of SD cards: drivers/common/sd_registers.c and sd_card.c with
 * a card that answers as it is told, and drivers/block/sd-spi/card.c with one behind a bus of
 * bytes. Long because of those two cards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "card.h"
#include "sd_card.h"

#define READY    (SD_OCR_READY | SD_OCR_VOLTAGES)
#define RCA      0x4567u
#define SPOILT   64 /* bytes of a transfer that are spoilt in turn */
#define KIBIBYTE 1024ull

/* ---- registers ------------------------------------------------------------------------------ */

static void put_bits(uint8_t *csd, uint32_t high, uint32_t low, uint32_t value)
{
    for (uint32_t bit = low; bit <= high; bit++, value >>= 1) {
        uint32_t place = 127 - bit;
        uint8_t mask = (uint8_t)(0x80u >> place % 8);
        csd[place / 8] = (uint8_t)((csd[place / 8] & ~mask) | ((value & 1) != 0 ? mask : 0));
    }
}

static void make_csd_1(uint8_t *csd, uint32_t block_shift, uint32_t c_size, uint32_t multiplier)
{
    memset(csd, 0, SD_CSD_BYTES);
    put_bits(csd, 83, 80, block_shift);
    put_bits(csd, 73, 62, c_size);
    put_bits(csd, 49, 47, multiplier);
}

static void make_csd_2(uint8_t *csd, uint32_t c_size)
{
    memset(csd, 0, SD_CSD_BYTES);
    put_bits(csd, 127, 126, 1);
    put_bits(csd, 83, 80, 9);
    put_bits(csd, 69, 48, c_size);
}

static void test_sizes(void **state)
{
    (void)state;
    uint8_t csd[SD_CSD_BYTES];
    struct sd_card card = {0};
    make_csd_1(csd, 9, 0, 0);
    assert_true(sd_csd_read(csd, &card));
    assert_int_equal(card.size, 2 * KIBIBYTE);
    make_csd_1(csd, 10, 4095, 7); /* 2 GiB: the largest that the specification allows */
    assert_true(sd_csd_read(csd, &card));
    assert_int_equal(card.size, 2 * KIBIBYTE * KIBIBYTE * KIBIBYTE);
    assert_false(card.read_only);
    card.addressed_by_block = true;
    make_csd_2(csd, 0x3fffff); /* 2 TiB */
    assert_true(sd_csd_read(csd, &card));
    assert_int_equal(card.size, 2 * KIBIBYTE * KIBIBYTE * KIBIBYTE * KIBIBYTE);
    put_bits(csd, 12, 12, 1);
    assert_true(sd_csd_read(csd, &card));
    assert_true(card.read_only);
}

static void test_bad_csd(void **state)
{
    (void)state;
    uint8_t csd[SD_CSD_BYTES];
    struct sd_card card = {.size = 7};
    for (uint32_t shift = 0; shift < 16; shift++) {
        make_csd_1(csd, shift, 1, 1);
        struct sd_card tried = {0};
        assert_int_equal(sd_csd_read(csd, &tried), shift >= 9 && shift <= 11);
    }
    make_csd_2(csd, 100); /* and the card is addressed by bytes */
    assert_false(sd_csd_read(csd, &card));
    put_bits(csd, 127, 126, 2);
    assert_false(sd_csd_read(csd, &card));
    put_bits(csd, 127, 126, 3);
    assert_false(sd_csd_read(csd, &card));
    card.addressed_by_block = true;
    assert_false(sd_csd_read(csd, &card));
    make_csd_1(csd, 9, 1, 1);
    assert_false(sd_csd_read(csd, &card));
    assert_int_equal(card.size, 7);
}

/* The specification's examples (4.5): CMD0, CMD17 and its answer; 512 bytes of ones. */
static void test_checksums(void **state)
{
    (void)state;
    static const uint8_t reset[] = {0x40, 0, 0, 0, 0};
    static const uint8_t read[] = {0x51, 0, 0, 0, 0};
    static const uint8_t answer[] = {0x11, 0, 0, 0x09, 0};
    uint8_t ones[SD_BLOCK];
    memset(ones, 0xff, sizeof(ones));
    assert_int_equal(sd_crc7(reset, sizeof(reset)), 0x4a);
    assert_int_equal(sd_crc7(read, sizeof(read)), 0x2a);
    assert_int_equal(sd_crc7(answer, sizeof(answer)), 0x33);
    assert_int_equal(sd_crc16(ones, sizeof(ones)), 0x7fa1);
}

static void test_block_arguments(void **state)
{
    (void)state;
    struct sd_card card = {.addressed_by_block = true};
    assert_int_equal(sd_block_argument(&card, UINT64_C(0x1fffffffe00)), 0xffffffff);
    card.addressed_by_block = false;
    assert_int_equal(sd_block_argument(&card, 0x7ffffe00), 0x7ffffe00);
}

/* ---- over the SD bus ------------------------------------------------------------------------ */

/* What the card does wrong at a command (1 << index in `silent`, `damaged`), and what it says. */
static struct {
    struct sd_host host;
    uint64_t silent, damaged, failing;
    uint32_t echo, ocr, power_up_after, r1;
    uint8_t csd[SD_CSD_BYTES];
    uint32_t asked, pauses, four_lines, selected;
} native;

static void answer_csd(uint32_t *words)
{
    for (uint32_t i = 0; i < SD_RESPONSE_WORDS; i++) {
        words[i] = (uint32_t)native.csd[4 * i] << 24 | (uint32_t)native.csd[4 * i + 1] << 16 |
                   (uint32_t)native.csd[4 * i + 2] << 8 | native.csd[4 * i + 3];
    }
}

static void answer_native(uint32_t index, uint32_t argument, uint32_t *words)
{
    words[0] = (native.failing >> index & 1) != 0 ? 0x00080000 : native.r1;
    switch (index) {
    case SD_SEND_IF_COND:
        words[0] = native.echo;
        break;
    case SD_SEND_OP_COND:
        words[0] = native.ocr & (native.asked++ < native.power_up_after ? ~SD_OCR_READY : ~0u);
        break;
    case SD_SEND_RELATIVE_ADDR:
        words[0] = RCA << 16 | ((native.failing >> index & 1) != 0 ? 0x8000 : 0);
        break;
    case SD_SEND_CSD:
        assert_int_equal(argument, RCA << 16);
        answer_csd(words);
        break;
    case SD_SELECT_CARD:
        assert_int_equal(argument, RCA << 16);
        native.selected++;
        break;
    default:
        break;
    }
}

static status_t native_command(struct sd_host *host, uint32_t index, uint32_t argument,
                               enum sd_response response, uint32_t words[SD_RESPONSE_WORDS])
{
    (void)host;
    assert_true(index < 64);
    assert_int_equal(response == SD_NO_RESPONSE, index == SD_GO_IDLE_STATE);
    if ((native.silent >> index & 1) != 0) {
        return STATUS_TIMED_OUT;
    }
    if ((native.damaged >> index & 1) != 0) {
        return STATUS_IO_ERROR;
    }
    answer_native(index, argument, words);
    return STATUS_OK;
}

static void native_pause(struct sd_host *host)
{
    (void)host;
    native.pauses++;
}

static void native_four_lines(struct sd_host *host)
{
    (void)host;
    native.four_lines++;
}

static const struct sd_host_operations native_operations = {
    .command = native_command,
    .pause = native_pause,
    .use_four_lines = native_four_lines,
};

static int set_up_native(void **state)
{
    (void)state;
    memset(&native, 0, sizeof(native));
    native.host.operations = &native_operations;
    native.echo = SD_IF_COND_3V3;
    native.ocr = READY | SD_OCR_CAPACITY;
    make_csd_2(native.csd, 15);
    return 0;
}

static status_t identify(struct sd_card *card)
{
    const char *reason = NULL;
    status_t status = sd_card_identify(&native.host, card, &reason);
    assert_non_null(reason);
    assert_int_equal(native.four_lines, status == STATUS_OK);
    return status;
}

static void test_identify(void **state)
{
    (void)state;
    struct sd_card card;
    native.power_up_after = 3;
    assert_int_equal(identify(&card), STATUS_OK);
    assert_int_equal(card.size, 16 * 512 * KIBIBYTE);
    assert_true(card.addressed_by_block);
    assert_int_equal(native.pauses, 3);
    assert_int_equal(native.selected, 1);
}

/* It does not know SEND_IF_COND, and says so with the next command as well. */
static void test_identify_version_1(void **state)
{
    (void)state;
    struct sd_card card;
    native.silent = 1ull << SD_SEND_IF_COND;
    native.ocr = READY;
    make_csd_1(native.csd, 9, 1023, 7);
    assert_int_equal(identify(&card), STATUS_OK);
    assert_int_equal(card.size, 1024 * 512 * 512);
    assert_false(card.addressed_by_block);
    native.four_lines = 0;
    native.ocr = READY | SD_OCR_CAPACITY;
    assert_int_equal(identify(&card), STATUS_UNSUPPORTED);
}

static void test_no_native_card(void **state)
{
    (void)state;
    struct sd_card card;
    native.silent = ~(1ull << SD_GO_IDLE_STATE);
    assert_int_equal(identify(&card), STATUS_NO_DEVICE);
}

static void test_native_power(void **state)
{
    (void)state;
    struct sd_card card;
    native.power_up_after = UINT32_MAX;
    assert_int_equal(identify(&card), STATUS_TIMED_OUT);
    assert_int_equal(native.pauses, SD_CARD_POWER_UP_TRIES);
    native.power_up_after = 0;
    native.ocr = SD_OCR_READY;
    assert_int_equal(identify(&card), STATUS_UNSUPPORTED);
    native.ocr = READY;
    native.echo = 0x1ab;
    assert_int_equal(identify(&card), STATUS_UNSUPPORTED);
}

/* Each command that is not answered, answered in pieces, or answered with an error. */
static void test_native_failures(void **state)
{
    static const uint8_t commands[] = {SD_ALL_SEND_CID, SD_SEND_RELATIVE_ADDR, SD_SEND_CSD,
                                       SD_SELECT_CARD,  SD_SET_BLOCKLEN,       SD_SET_BUS_WIDTH};
    struct sd_card card;
    for (size_t i = 0; i < sizeof(commands); i++) {
        assert_int_equal(set_up_native(state), 0);
        native.silent = 1ull << commands[i];
        assert_int_equal(identify(&card), STATUS_TIMED_OUT);
        native.silent = 0;
        native.damaged = 1ull << commands[i];
        assert_int_equal(identify(&card), STATUS_IO_ERROR);
        native.damaged = 0;
        native.failing = 1ull << commands[i];
        bool has_status = commands[i] != SD_ALL_SEND_CID && commands[i] != SD_SEND_CSD;
        if (has_status) {
            assert_int_equal(identify(&card), STATUS_IO_ERROR);
        }
    }
}

/* ---- over SPI ------------------------------------------------------------------------------- */

enum {
    CARD_BLOCKS = 4,
    ANSWER_MOST = 1024,
    WAIT = 2000000000, /* nanoseconds */
    TOKEN_AT = 11      /* of the bytes that come from the beginning of a read on */
};

/* A card that reads frames and queues answers. */
static struct {
    struct spi_bus bus;
    bool selected, application, silent, refuses_data, fails_writing, stays_busy, writing, sending;
    uint32_t idle_left, ocr, echo;
    uint8_t csd[SD_CSD_BYTES];
    uint8_t blocks[CARD_BLOCKS][SD_BLOCK];
    uint8_t frame[SD_BLOCK + 3];
    uint32_t frame_used, write_block;
    uint8_t answers[ANSWER_MOST];
    uint32_t answer_start, answer_end;
    uint64_t now;
    uint32_t bytes, spoil_at; /* the byte that comes is another one */
    uint32_t dies_at;         /* the driver ends at this byte; 0: it does not */
    uint32_t waits_at;        /* others have the processor for WAIT after this byte */
    jmp_buf died;
} spi;

static void say(uint8_t byte)
{
    assert_true(spi.answer_end < ANSWER_MOST);
    spi.answers[spi.answer_end++] = byte;
}

static void say_data(const uint8_t *bytes, uint32_t length)
{
    uint16_t crc = sd_crc16(bytes, length);
    say(0xff);
    say(0xfe);
    for (uint32_t i = 0; i < length; i++) {
        say(bytes[i]);
    }
    say((uint8_t)(crc >> 8));
    say((uint8_t)crc);
}

static void say_word(uint32_t word)
{
    for (uint32_t shift = 32; shift > 0; shift -= 8) {
        say((uint8_t)(word >> (shift - 8)));
    }
}

static void say_block(uint32_t block)
{
    if (block >= CARD_BLOCKS) {
        say(0x08); /* an error token: out of range */
    } else {
        say_data(spi.blocks[block], SD_BLOCK);
        spi.sending = true;
    }
}

static void answer_frame(void)
{
    uint32_t index = spi.frame[0] & 0x3f;
    uint32_t argument = (uint32_t)spi.frame[1] << 24 | (uint32_t)spi.frame[2] << 16 |
                        (uint32_t)spi.frame[3] << 8 | spi.frame[4];
    bool application = spi.application;
    spi.application = index == SD_APP_CMD;
    if (spi.frame[5] != (sd_crc7(spi.frame, 5) << 1 | 1)) {
        say(0x08);
        return;
    }
    if (index == SD_GO_IDLE_STATE && spi.idle_left == 0) {
        spi.idle_left = 1;
    }
    if (application && index == SD_SEND_OP_COND) {
        spi.idle_left -= spi.idle_left > 0;
    }
    say(0xff);
    say(spi.idle_left > 0 ? 1 : 0);
    switch (index) {
    case SD_SEND_IF_COND:
        say_word(spi.echo);
        break;
    case SD_READ_OCR:
        say_word(spi.ocr);
        break;
    case SD_SEND_CSD:
        say_data(spi.csd, SD_CSD_BYTES);
        break;
    case SD_READ_SINGLE_BLOCK:
        say_block(argument);
        break;
    case SD_WRITE_SINGLE_BLOCK:
        assert_true(argument < CARD_BLOCKS);
        spi.writing = true;
        spi.write_block = argument;
        break;
    case 13:
        say(spi.fails_writing ? 0x04 : 0);
        break;
    default:
        break;
    }
}

static void take_block(void)
{
    uint32_t crc = (uint32_t)spi.frame[SD_BLOCK + 1] << 8 | spi.frame[SD_BLOCK + 2];
    bool taken = !spi.refuses_data && crc == sd_crc16(spi.frame + 1, SD_BLOCK);
    spi.writing = false;
    say(taken ? 0xe5 : 0x0b);
    say(0);
    say(0);
    if (taken) {
        memcpy(spi.blocks[spi.write_block], spi.frame + 1, SD_BLOCK);
    }
}

/* While it sends a block it does not listen; while it waits for one it takes commands too. */
static void hear(uint8_t byte)
{
    spi.sending = spi.sending && spi.answer_start < spi.answer_end;
    if (spi.sending) {
        return;
    }
    if (spi.frame_used == 0 && (byte & 0xc0) == 0x40) {
        spi.writing = false;
    }
    if (spi.frame_used == 0 && (spi.writing ? byte != 0xfe : (byte & 0xc0) != 0x40)) {
        return;
    }
    spi.frame[spi.frame_used++] = byte;
    if (spi.frame_used == (spi.writing ? sizeof(spi.frame) : 6)) {
        spi.frame_used = 0;
        spi.answer_start = spi.answer_end = 0;
        if (spi.writing) {
            take_block();
        } else {
            answer_frame();
        }
    }
}

static uint8_t speak(void)
{
    uint8_t byte = 0xff;
    if (spi.answer_start < spi.answer_end) {
        byte = spi.answers[spi.answer_start++];
    } else if (spi.stays_busy) {
        byte = 0;
    }
    return ++spi.bytes == spi.spoil_at ? (uint8_t)(byte ^ 0x10) : byte;
}

static void spi_exchange(struct spi_bus *bus, const uint8_t *out, uint8_t *in, uint32_t length)
{
    (void)bus;
    for (uint32_t i = 0; i < length; i++) {
        spi.now += 1000;
        assert_true(spi.selected);
        if (spi.dies_at != 0 && spi.bytes == spi.dies_at) {
            spi.dies_at = 0;
            longjmp(spi.died, 1);
        }
        uint8_t byte = spi.silent ? 0xff : speak();
        spi.now += spi.bytes == spi.waits_at ? WAIT : 0;
        if (in != NULL) {
            in[i] = byte;
        }
        hear(out != NULL ? out[i] : 0xff);
    }
}

static void spi_select(struct spi_bus *bus, bool selected)
{
    (void)bus;
    spi.selected = selected;
}

static uint64_t spi_now(struct spi_bus *bus)
{
    (void)bus;
    return spi.now;
}

static void spi_pause(struct spi_bus *bus)
{
    (void)bus;
    spi.now += 5000000;
}

static const struct spi_bus_operations spi_operations = {
    .exchange = spi_exchange,
    .select = spi_select,
    .now = spi_now,
    .pause = spi_pause,
};

static int set_up_spi(void **state)
{
    (void)state;
    memset(&spi, 0, sizeof(spi));
    spi.bus.operations = &spi_operations;
    spi.idle_left = 3;
    spi.echo = SD_IF_COND_3V3;
    spi.ocr = READY | SD_OCR_CAPACITY;
    make_csd_2(spi.csd, 1);
    for (uint32_t i = 0; i < sizeof(spi.blocks); i++) {
        spi.blocks[i / SD_BLOCK][i % SD_BLOCK] = (uint8_t)(i * 7 + i / 256);
    }
    return 0;
}

static status_t identify_spi(struct sd_card *card)
{
    const char *reason = NULL;
    status_t status = spi_card_identify(&spi.bus, card, &reason);
    assert_non_null(reason);
    assert_false(spi.selected);
    return status;
}

static void test_spi_blocks(void **state)
{
    (void)state;
    struct sd_card card;
    uint8_t bytes[2 * SD_BLOCK];
    assert_int_equal(identify_spi(&card), STATUS_OK);
    assert_int_equal(card.size, 2 * 512 * KIBIBYTE);
    assert_int_equal(spi_card_read(&spi.bus, &card, SD_BLOCK, bytes, sizeof(bytes)), STATUS_OK);
    assert_memory_equal(bytes, spi.blocks[1], sizeof(bytes));
    memset(bytes, 0x5a, sizeof(bytes));
    assert_int_equal(spi_card_write(&spi.bus, &card, 2 * SD_BLOCK, bytes, sizeof(bytes)),
                     STATUS_OK);
    assert_memory_equal(bytes, spi.blocks[2], sizeof(bytes));
    assert_int_equal(spi_card_read(&spi.bus, &card, 4 * SD_BLOCK, bytes, SD_BLOCK),
                     STATUS_IO_ERROR);
}

static void test_spi_failed_writes(void **state)
{
    (void)state;
    struct sd_card card;
    uint8_t bytes[SD_BLOCK] = {0};
    assert_int_equal(identify_spi(&card), STATUS_OK);
    spi.refuses_data = true;
    assert_int_equal(spi_card_write(&spi.bus, &card, 0, bytes, SD_BLOCK), STATUS_IO_ERROR);
    spi.refuses_data = false;
    spi.fails_writing = true;
    assert_int_equal(spi_card_write(&spi.bus, &card, 0, bytes, SD_BLOCK), STATUS_IO_ERROR);
    spi.fails_writing = false;
    spi.stays_busy = true;
    assert_int_equal(spi_card_write(&spi.bus, &card, 0, bytes, SD_BLOCK), STATUS_IO_ERROR);
    assert_false(spi.selected);
}

/* One bit of a byte that the card sends with a block is turned: that is always seen. */
static void test_spi_spoilt_blocks(void **state)
{
    struct sd_card card;
    uint8_t bytes[SD_BLOCK];
    for (uint32_t at = TOKEN_AT; at < TOKEN_AT + SPOILT; at++) {
        assert_int_equal(set_up_spi(state), 0);
        assert_int_equal(identify_spi(&card), STATUS_OK);
        spi.spoil_at = spi.bytes + at;
        assert_int_equal(spi_card_read(&spi.bus, &card, 0, bytes, SD_BLOCK), STATUS_IO_ERROR);
    }
}

/* A driver that is killed leaves a card that sends, or waits for, what is left of a block. */
static void test_spi_next_driver(void **state)
{
    static uint8_t bytes[SD_BLOCK];
    static uint8_t before[SD_BLOCK];
    static const uint8_t written[SD_BLOCK] = {1};
    for (volatile uint32_t at = 1; at < 2 * (SD_BLOCK + SPOILT); at++) {
        struct sd_card card;
        assert_int_equal(set_up_spi(state), 0);
        assert_int_equal(identify_spi(&card), STATUS_OK);
        memcpy(before, spi.blocks[1], SD_BLOCK);
        spi.dies_at = spi.bytes + at;
        if (setjmp(spi.died) == 0) {
            (void)!spi_card_read(&spi.bus, &card, 0, bytes, SD_BLOCK);
            (void)!spi_card_write(&spi.bus, &card, SD_BLOCK, written, SD_BLOCK);
        }
        spi.dies_at = 0;
        spi.selected = false;
        assert_int_equal(identify_spi(&card), STATUS_OK);
        assert_int_equal(spi_card_read(&spi.bus, &card, SD_BLOCK, bytes, SD_BLOCK), STATUS_OK);
        assert_true(memcmp(bytes, written, SD_BLOCK) == 0 || memcmp(bytes, before, SD_BLOCK) == 0);
    }
}

/* Wherever it is kept waiting: what the card says afterwards counts, not the time that has
 * passed. */
static void test_spi_driver_that_waits(void **state)
{
    static const uint8_t written[SD_BLOCK] = {1};
    uint8_t bytes[SD_BLOCK];
    uint32_t most = UINT32_MAX;
    for (uint32_t at = 1; at < most; at++) {
        struct sd_card card;
        assert_int_equal(set_up_spi(state), 0);
        spi.waits_at = at;
        assert_int_equal(identify_spi(&card), STATUS_OK);
        assert_int_equal(spi_card_read(&spi.bus, &card, SD_BLOCK, bytes, SD_BLOCK), STATUS_OK);
        assert_memory_equal(bytes, spi.blocks[1], SD_BLOCK);
        assert_int_equal(spi_card_write(&spi.bus, &card, 0, written, SD_BLOCK), STATUS_OK);
        assert_memory_equal(written, spi.blocks[0], SD_BLOCK);
        most = spi.bytes;
    }
}

static void test_spi_bad_cards(void **state)
{
    struct sd_card card;
    spi.silent = true;
    assert_int_equal(identify_spi(&card), STATUS_NO_DEVICE);
    assert_int_equal(set_up_spi(state), 0);
    spi.idle_left = UINT32_MAX;
    assert_int_equal(identify_spi(&card), STATUS_TIMED_OUT);
    assert_int_equal(set_up_spi(state), 0);
    spi.echo = 0;
    assert_int_equal(identify_spi(&card), STATUS_UNSUPPORTED);
    assert_int_equal(set_up_spi(state), 0);
    spi.ocr = SD_OCR_CAPACITY | SD_OCR_VOLTAGES;
    assert_int_equal(identify_spi(&card), STATUS_UNSUPPORTED);
    assert_int_equal(set_up_spi(state), 0);
    spi.ocr = READY; /* and a CSD of the other kind */
    assert_int_equal(identify_spi(&card), STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_bad_csd),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_block_arguments),
        cmocka_unit_test_setup(test_identify, set_up_native),
        cmocka_unit_test_setup(test_identify_version_1, set_up_native),
        cmocka_unit_test_setup(test_no_native_card, set_up_native),
        cmocka_unit_test_setup(test_native_power, set_up_native),
        cmocka_unit_test_setup(test_native_failures, set_up_native),
        cmocka_unit_test_setup(test_spi_blocks, set_up_spi),
        cmocka_unit_test_setup(test_spi_failed_writes, set_up_spi),
        cmocka_unit_test_setup(test_spi_spoilt_blocks, set_up_spi),
        cmocka_unit_test_setup(test_spi_next_driver, set_up_spi),
        cmocka_unit_test_setup(test_spi_driver_that_waits, set_up_spi),
        cmocka_unit_test_setup(test_spi_bad_cards, set_up_spi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
