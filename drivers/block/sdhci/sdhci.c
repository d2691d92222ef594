/*
 * An SD card in the slot of a standard SD host controller. A slot without a card is refused with
 * "there is no card in its slot"; `svc start` looks again. A card that is taken out or changed
 * while the driver runs answers with errors until the driver is restarted.
 *
 * Start handles: registers0, irq0, node (`disable-wp`: the slot has no switch that protects).
 */
#include <sinter/object.h>

#include "block_server.h"
#include "host.h"

int server_main(const struct start_info *info);

SERVER_META(name, "sdhci");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "SD card behind an SD host controller");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "arasan,sdhci-8.9a");
SERVER_META(device, "arasan,sdhci-5.1");
SERVER_META(device, "arasan,sdhci-4.9a");
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS);
SERVER_META(restart, REPLAY);
SERVER_META(priority, 22);
SERVER_META(path, "disk*");

static struct sdhci_host host;
static struct sd_card card;

static status_t card_read(uint64_t start, uint8_t *to, uint32_t length)
{
    return sdhci_host_read(&host, &card, start, to, length);
}

static status_t card_write(uint64_t start, const uint8_t *from, uint32_t length)
{
    return sdhci_host_write(&host, &card, start, from, length);
}

static status_t find_card(handle_t account, const char **reason)
{
    status_t status = sdhci_host_start(&host, account, reason);
    if (status == STATUS_OK) {
        status = sd_card_identify(&host.host, &card, reason);
    }
    if (status == STATUS_OK) {
        *reason = "the controller's clock does not start";
        status = sdhci_host_full_speed(&host);
    }
    return status;
}

static void sdhci_stop(void)
{
    sdhci_host_stop(&host);
}

static status_t sdhci_start(struct block_device *disk, handle_t account, const char **reason)
{
    uint32_t length;
    status_t status = find_card(account, reason);
    if (status != STATUS_OK) {
        return status;
    }
    bool has_switch = node_find(&host.device.node, "disable-wp", &length) == NULL;
    *disk = (struct block_device){
        .size = card.size,
        .block = SD_BLOCK,
        .most = BLOCK_SERVER_BUFFER,
        .read_only = card.read_only || (has_switch && sdhci_host_protected(&host)),
        .read = card_read,
        .write = card_write,
        .stop = sdhci_stop,
    };
    return STATUS_OK;
}

int server_main(const struct start_info *info)
{
    return block_server_run(info, &host.device, sdhci_start);
}
