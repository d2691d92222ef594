/*
 * The template of a service (docs/SERVICES.md): counts what is written to /dev/counter; reading
 * it gives the two numbers as text. The state store holds them, so they pass from an instance to
 * the next. A write that a crash cut short fails, and may have been counted.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "publish.h"

SERVER_META(name, "counter");
SERVER_META(version, "1.0");
SERVER_META(description, "Counts writes and bytes");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(restart, STATE);
SERVER_META(path, "counter");

enum { FORMAT = 1, TEXT_BYTES = 80, STORE_BYTES = LIMIT_PAGE_SIZE };

/* The state store. All zero: new. Another format: that of another edition of this server. */
struct saved {
    uint64_t format;
    uint64_t writes, bytes;
};

static struct server server;
static struct saved *saved;

static status_t open_saved(void)
{
    handle_t memory = 0;
    uint64_t size = 0, address = 0;
    status_t status = supervisor_store(server.supervisor, STORE_BYTES, &size, &memory);
    if (status == STATUS_OK) {
        status = space_map(0, memory, 0, 0, STORE_BYTES, MAP_READ | MAP_WRITE, &address);
    }
    if (status != STATUS_OK) {
        return status;
    }
    saved = (struct saved *)(uintptr_t)address;
    if (saved->format != FORMAT) {
        *saved = (struct saved){.format = FORMAT};
    }
    log_line("starts with %u writes", (unsigned)saved->writes);
    return STATUS_OK;
}

static status_t read_text(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    char text[TEXT_BYTES];
    uint64_t length = format_text(text, sizeof(text), "%zu writes, %zu bytes\n",
                                  (size_t)saved->writes, (size_t)saved->bytes);
    (void)flags;
    uint64_t there = offset < length ? length - offset : 0;
    uint64_t wanted = call_lease_length(call, 0);
    *count = wanted < there ? wanted : there;
    return *count != 0 ? call_write(call, 0, 0, text + offset, *count) : STATUS_OK;
}

static status_t count_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    (void)flags;
    *count = call_lease_length(call, 0);
    saved->writes++;
    saved->bytes += *count;
    return STATUS_OK;
}

static status_t attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = FILE_KIND_CHARACTER;
    return STATUS_OK;
}

static const struct file_operations operations = {
    .attach = attach,
    .read = read_text,
    .write = count_write,
};

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    if (open_saved() != STATUS_OK) {
        return server_refuse(&server, "no state store");
    }
    if (server_add(&server, file_protocol(&operations)) != STATUS_OK ||
        publish(&server, info->name, 0, FILE_KIND_CHARACTER) != STATUS_OK) {
        return server_refuse(&server, "its name is taken or not allowed");
    }
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
