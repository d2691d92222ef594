/*
 * An SD card on a SiFive SPI controller, which is the driver's alone. A slot without a card is
 * refused with "no SD card answers"; `svc start` looks again. A card that is taken out or changed
 * while the driver runs answers with errors until the driver is restarted.
 *
 * Start handles: registers0 (of the controller), node (of the slot: `reg` is its select line;
 * `spi-max-frequency`).
 */
#include <sinter/object.h>

#include "block_server.h"
#include "sifive_spi.h"

int server_main(const struct start_info *info);

SERVER_META(name, "sd-spi");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "SD card on a SiFive SPI controller");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "mmc-spi-slot@sifive,spi0");
SERVER_META(resources, RESOURCE_REGISTERS);
SERVER_META(restart, REPLAY);
SERVER_META(priority, 22);
SERVER_META(path, "disk*");

enum {
    WAKE_BYTES = 16, /* 6.4.1: at least 74 clocks before the first command */
    FULL_HERTZ = 25000000,
    TRANSFER_BYTES = 16384 /* some 7 ms at that speed */
};

static struct sifive_spi spi;
static struct sd_card card;

static status_t card_read(uint64_t start, uint8_t *to, uint32_t length)
{
    return spi_card_read(&spi.bus, &card, start, to, length);
}

static status_t card_write(uint64_t start, const uint8_t *from, uint32_t length)
{
    return spi_card_write(&spi.bus, &card, start, from, length);
}

static status_t find_card(handle_t account, const char **reason)
{
    const struct node *node = &spi.device.node;
    *reason = "its registers or its select line are out of bounds";
    status_t status = sifive_spi_start(&spi, account, node_u32(node, "reg", 0));
    if (status != STATUS_OK) {
        return status;
    }
    sifive_spi_wake(&spi, WAKE_BYTES);
    status = spi_card_identify(&spi.bus, &card, reason);
    uint32_t most = node_u32(node, "spi-max-frequency", FULL_HERTZ);
    sifive_spi_set_speed(&spi, most < FULL_HERTZ ? most : FULL_HERTZ);
    return status;
}

static status_t sd_spi_start(struct block_device *disk, handle_t account, const char **reason)
{
    status_t status = find_card(account, reason);
    *disk = (struct block_device){
        .size = card.size,
        .block = SD_BLOCK,
        .most = TRANSFER_BYTES,
        .read_only = card.read_only,
        .read = card_read,
        .write = card_write,
    };
    return status;
}

int server_main(const struct start_info *info)
{
    return block_server_run(info, &spi.device, sd_spi_start);
}
