/*
 * journal: appends the kernel's log, and with it the reports of crashes, to a file.
 *
 *     start journal allow console args /disk/journal [SIZE]
 *
 * The file is plain text. A line that says when begins each boot; before it stands what the boot
 * before has left in memory and could not write any more, such as a panic's text. After a restart
 * the journal goes on behind the last line that the file has, so nothing has to be remembered.
 * Above SIZE (256K) the file becomes NAME.old, in place of the one before.
 *
 * The first thread only obeys orders; the other one writes, and waits for the file's server.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>

#include "lines.h"
#include "publish.h"
#include "server.h"
#include "side_thread.h"
#include "store.h"
#include "time.h"
#include "walk.h"

enum {
    TAIL = 4096, /* of the file: where its last line is looked for */
    TEXT = 2 * KEPT_LOG_SIZE,
    HEADING = 64,
    STACK = 16 << 10,
    STOP_BIT = 0x1,
    ENDED_BIT = 0x2,
    SIZE_LEAST = 4 << 10,
    SIZE_MOST = 1 << 30,
};

#define SECOND        1000000000ull
#define PAUSE         SECOND       /* between two looks at the log */
#define PATIENCE      (2 * SECOND) /* that an order to stop has with the writer */
#define SIZE_USUAL    "256K"
#define PREVIOUS_PATH "dev/log-previous"

SERVER_META(name, "journal");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Writes the kernel's log to a file");
SERVER_META(kind, SERVICE);
SERVER_META(consumes, "file 1.0");
SERVER_META(resources, RESOURCE_CONSOLE);
SERVER_META(restart, STATELESS);

static struct server server;
static struct store store;

/* The writer's. */
static struct {
    handle_t event;
    handle_t machine;
    bool began;
    status_t status;   /* of the last try to write */
    uint64_t position; /* of the log: up to there it is written */
    char text[TEXT];
} journal;

/* What the log has from *position on, as far as it fits; *position becomes where that begins. */
static size_t read_log(uint64_t *position)
{
    size_t used = 0;
    uint64_t next = *position;
    uint64_t length = 1;
    while (length > 0 && used + LIMIT_MESSAGE_DATA <= TEXT) {
        if (log_read(journal.machine, next, &next, &length) != STATUS_OK) {
            break;
        }
        *position = used == 0 ? next - length : *position;
        const uint8_t *bytes = message_page()->data;
        for (uint64_t i = 0; i < length; i++) {
            journal.text[used++] = (char)bytes[i];
        }
    }
    return used;
}

/* The log of the boot before; nothing, if there is none. */
static status_t read_previous(size_t *used)
{
    handle_t file;
    uint64_t count = 1;
    *used = 0;
    status_t status =
        walk_open(store.names, PREVIOUS_PATH, sizeof(PREVIOUS_PATH) - 1, FILE_READ, NULL, &file);
    if (status != STATUS_OK) {
        return status;
    }
    while (status == STATUS_OK && count > 0 && *used < TEXT) {
        status = file_read(file, *used, 0, journal.text + *used, TEXT - *used, &count);
        *used += status == STATUS_OK ? count : 0;
    }
    status_ignore(handle_close(file));
    return status;
}

static status_t append_heading(void)
{
    char heading[HEADING] = "==== boot ====\n";
    size_t length = sizeof("==== boot ====\n") - 1;
    uint64_t wall = clock_read_wall();
    if (wall != 0) {
        struct fat_time at = fat_time_from_wall(wall - clock_read());
        length = format_text(heading, sizeof(heading),
                             "==== boot at %04u-%02u-%02u %02u:%02u UTC "
                             "====\n",
                             1980u + (at.date >> 9), at.date >> 5 & 15u, at.date & 31u,
                             (unsigned)at.time >> 11, at.time >> 5 & 63u);
    }
    return store_append(&store, heading, length);
}

/* In parts that a file has room for, cut at ends of lines; *done: as much is there. */
static status_t append(const char *text, size_t length, size_t *done)
{
    status_t status = STATUS_OK;
    for (*done = 0; *done < length && status == STATUS_OK;) {
        size_t room = length - *done < store.limit ? length - *done : store.limit;
        size_t part = lines_whole(text + *done, room);
        status = store_append(&store, text + *done, part);
        *done += status == STATUS_OK ? part : 0;
    }
    return status;
}

/* What the file lacks of the boot before, and the heading of this one. */
static status_t begin_boot(const struct line *last)
{
    size_t used;
    size_t behind = 0;
    size_t done;
    status_t status = read_previous(&used);
    if (status != STATUS_OK) {
        return status;
    }
    (void)lines_behind(journal.text, used, last, &behind);
    status = append(journal.text + behind, used - behind, &done);
    return status == STATUS_OK ? append_heading() : status;
}

/* Finds where to go on. */
static status_t begin(void)
{
    static char tail[TAIL];
    size_t length;
    size_t behind = 0;
    uint64_t start = 0;
    status_t status = store_end(&store, tail, TAIL, &length);
    if (status != STATUS_OK) {
        return status;
    }
    struct line last = lines_last(tail, length);
    size_t used = read_log(&start);
    if (lines_behind(journal.text, used, &last, &behind)) {
        journal.position = start + behind;
    } else if ((status = begin_boot(&last)) == STATUS_OK) {
        journal.position = start;
    }
    journal.began = status == STATUS_OK;
    return status;
}

static status_t write_new(void)
{
    uint64_t start = journal.position;
    size_t used = read_log(&start);
    size_t whole = lines_whole(journal.text, used);
    status_t status = STATUS_OK;
    if (whole > 0 && start != journal.position) {
        static const char gap[] = "==== the log was faster than the journal ====\n";
        status = store_append(&store, gap, sizeof(gap) - 1);
    }
    if (status == STATUS_OK) {
        size_t done;
        status = append(journal.text, whole, &done);
        journal.position = done > 0 ? start + done : journal.position;
    }
    return status;
}

/* A failure is said once: the log, which grows by it, is what is to be written. */
static void look(void)
{
    status_t status = journal.began ? STATUS_OK : begin();
    if (status == STATUS_OK) {
        status = write_new();
    }
    if (status != journal.status && status != STATUS_OK) {
        log_line("/%s cannot be written: %s; it will be tried again", store.path,
                 status_text(status));
    } else if (status != journal.status) {
        log_line("/%s is written again", store.path);
    }
    journal.status = status;
}

static void write_log(void *argument)
{
    uint64_t bits = 0;
    (void)argument;
    while ((bits & STOP_BIT) == 0) {
        look();
        status_ignore(event_wait(journal.event, STOP_BIT, clock_read() + PAUSE, &bits));
    }
    look();
    status_ignore(event_signal(journal.event, ENDED_BIT));
}

static status_t start_writer(const struct start_info *info)
{
    const struct side_thread writer = {
        .function = write_log,
        .account = server.account,
        .stack_size = STACK,
        .priority = SIDE_THREAD_AS_MAKER,
    };
    status_t status = event_create(server.account, &journal.event);
    if (status == STATUS_OK) {
        status = side_thread_run(info, &writer, NULL);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    const char *path = publish_argument(&server, 0, "");
    const char *size = publish_argument(&server, 1, SIZE_USUAL);
    journal.machine = server_handle(&server, "machine");
    store.names = server_handle(&server, "namespace");
    store.path = path[0] == '/' ? path + 1 : path;
    if (path[0] != '/' || path[1] == '\0') {
        return server_refuse(&server, "no file is named: give its path as `args`, such as "
                                      "/disk/journal");
    }
    if (!lines_size(size, SIZE_LEAST, SIZE_MOST, &store.limit)) {
        return server_refuse(&server, "`%s` is no size from 4K to 1024M", size);
    }
    status_t status = start_writer(info);
    if (status != STATUS_OK) {
        return server_refuse(&server, "its writer: %s", status_text(status));
    }
    int code = server_run(&server);
    status_ignore(event_signal(journal.event, STOP_BIT));
    status_ignore(event_wait(journal.event, ENDED_BIT, clock_read() + PATIENCE, NULL));
    return code;
}
