/*
 * The template of a driver (docs/FIRST-DRIVER.md). Its device holds what QEMU tells firmware
 * (docs/specs/fw_cfg.rst of QEMU); both `virt` machines have one. /dev/fw-cfg is a text: a line
 * with the size and the name of each file in the device, which is read once, at the start.
 * Stateless.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>

#include "device.h"
#include "io.h"
#include "publish.h"

SERVER_META(name, "fw-cfg");
SERVER_META(version, "1.0");
SERVER_META(description, "Firmware configuration device of QEMU");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "qemu,fw-cfg-mmio");
SERVER_META(resources, RESOURCE_REGISTERS);
SERVER_META(restart, STATELESS);
SERVER_META(path, "fw-cfg");

enum fw_cfg_register { DATA = 0x00, SELECTOR = 0x08, REGISTERS_END = 0x0a };
enum { FW_CFG_FILE_DIR = 0x19, NAME_BYTES = 56, FILES_MOST = 64, LINE_BYTES = 80 };

static struct server server;
static struct device device;
static char text[FILES_MOST * LINE_BYTES];
static uint64_t text_length;

/* The bytes of an item come one after the other from the data register. */
static void select_item(uint16_t item)
{
    mmio_write16(device.registers + SELECTOR, __builtin_bswap16(item));
}

static uint32_t take(int bytes) /* big-endian */
{
    uint32_t value = 0;
    for (; bytes > 0; bytes--) {
        value = value << 8 | mmio_read8(device.registers + DATA);
    }
    return value;
}

static uint32_t read_files(void)
{
    select_item(FW_CFG_FILE_DIR);
    uint32_t count = take(4);
    for (uint32_t i = 0; i < count && i < FILES_MOST; i++) {
        char name[NAME_BYTES + 1] = "";
        uint32_t size = take(4);
        (void)take(4); /* the item with its bytes, and padding */
        for (int at = 0; at < NAME_BYTES; at++) {
            name[at] = (char)take(1);
        }
        text_length += format_text(text + text_length, LINE_BYTES, "%8u %s\n", size, name);
    }
    return count;
}

static status_t read_text(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)flags; /* waiting or not is the same here */
    uint64_t there = offset < text_length ? text_length - offset : 0;
    uint64_t wanted = call_lease_length(call, 0);
    *count = wanted < there ? wanted : there;
    return *count != 0 ? call_write(call, 0, 0, text + offset, *count) : STATUS_OK;
}

static status_t attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    *kind = FILE_KIND_CHARACTER;
    return (flags & FILE_WRITE) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

static const struct file_operations operations = {.attach = attach, .read = read_text};

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(&device, &server);
    if (status != STATUS_OK || device.length < REGISTERS_END) {
        return server_refuse(&server, "its registers: %s", status_text(status));
    }
    log_line("has %u files", (unsigned)read_files());
    if (server_add(&server, file_protocol(&operations)) != STATUS_OK ||
        publish(&server, "fw-cfg", 0, FILE_KIND_CHARACTER) != STATUS_OK) {
        return server_refuse(&server, "its name is taken or not allowed");
    }
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
