/*
 * Partitions of disks as files: /dev/disk0p1 and so on, for the disks given as arguments, or for
 * whatever disks there are. A call is cut to the partition and passed on to the disk, with what the
 * client lent, so that nothing is copied here; eight at once.
 *
 * Tables are read at the start: `svc restart partitions` after one was changed. A disk whose driver
 * was stopped and comes back is used again if its table is the same; who had a partition open meets
 * GONE and opens it again, since its contents may be others. A disk that is absent, or without a
 * table, is left alone, and said in the log if it was asked for. Another instance may serve
 * further disks. Claims are passed on to the disk, whose driver keeps them.
 *
 * Client replays: what was answered is in the disk, and a call names its blocks. The badge of a
 * partition's openings is its disk's argument and identity, and its number, so that they outlive an
 * instance; if it is not there any more, they answer GONE.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include <stdatomic.h>

#include "block_file.h"
#include "positions.h"
#include "publish.h"
#include "table.h"
#include "workers.h"

int server_main(const struct start_info *info);

SERVER_META(name, "partitions");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Partitions of disks");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(restart, REPLAY);
SERVER_META(priority, 21);
SERVER_META(stack, 32768);
SERVER_META(path, "disk*p*");

enum {
    DISKS = 8,
    NAME = 32,
    BLOCK_SIZE = 16384, /* of efficient transfer, as of a disk */
    /* A file's number: identity of the disk, its index, then number of the partition. */
    NUMBER_SHIFT = 8,
    IDENTITY_SHIFT = 11
};
_Static_assert(TABLE_LARGEST_NUMBER < 1 << NUMBER_SHIFT, "numbers fit below the disk's");
_Static_assert(DISKS <= 1 << (IDENTITY_SHIFT - NUMBER_SHIFT), "and those below its identity");

#define FOR_EVER     UINT64_MAX
#define GOLDEN_RATIO 0x9e3779b97f4a7c15u /* of 64 bits: spreads a number over the upper ones */

struct disk {
    struct block_file block;
    struct table table;
    _Atomic(uint32_t)
        identity; /* of its present opening, in the upper bits of its files' numbers */
    /* From this opening on, which found the disk back, all have begun with the present one. */
    _Atomic(uint32_t) first;
};

static struct server server;
static struct workers workers;
static struct disk disks[DISKS];
static struct positions positions;
static atomic_flag positions_locked = ATOMIC_FLAG_INIT; /* by the worker that uses them */

/* ---- which part of which disk --------------------------------------------------------------- */

/* It has not been opened again since. */
static bool knows_disk(const struct call *call, const struct disk *disk)
{
    uint64_t file = call->in.badge >> 32;
    return disk->identity == file >> IDENTITY_SHIFT << IDENTITY_SHIFT ||
           (uint32_t)call->in.badge >= disk->first;
}

static const struct table_extent *extent_of(const struct call *call, struct disk **disk)
{
    uint64_t file = call->in.badge >> 32;
    uint64_t index = (file >> NUMBER_SHIFT) % (1 << (IDENTITY_SHIFT - NUMBER_SHIFT));
    if (index >= DISKS || !knows_disk(call, &disks[index])) {
        return NULL;
    }
    *disk = &disks[index];
    for (uint32_t i = 0; i < (*disk)->table.count; i++) {
        if ((*disk)->table.extents[i].number == (file & TABLE_LARGEST_NUMBER)) {
            return &(*disk)->table.extents[i];
        }
    }
    return NULL;
}

/* ---- positions ------------------------------------------------------------------------------ */

static void lock_positions(void)
{
    while (atomic_flag_test_and_set_explicit(&positions_locked, memory_order_acquire)) {
        status_ignore(thread_yield());
    }
}

static void unlock_positions(void)
{
    atomic_flag_clear_explicit(&positions_locked, memory_order_release);
}

static uint64_t take_position(const struct call *call, uint64_t offset, uint32_t flags)
{
    lock_positions();
    uint64_t taken = positions_take(&positions, call->in.badge, offset, flags);
    unlock_positions();
    return taken;
}

static void have_moved(const struct call *call, uint32_t flags, uint64_t position)
{
    lock_positions();
    positions_moved(&positions, call->in.badge, flags, position);
    unlock_positions();
}

/* ---- turns: of transfers at one position ---------------------------------------------------- */

/* Of the workers: whose position each is using, 0: none, and who waits for that. Locked, as the
 * positions are. */
static struct {
    handle_t over; /* event: a bit for each worker, to look again */
    uint64_t waiting;
    uint64_t moves[WORKERS_MOST];
} turns;

static uint32_t worker_of(const struct call *call)
{
    return (uint32_t)((const struct worker *)call->server->context - workers.workers);
}

static bool is_moved(uint64_t badge)
{
    for (uint32_t i = 0; i < WORKERS_MOST; i++) {
        if (turns.moves[i] == badge) {
            return true;
        }
    }
    return false;
}

/* INTERRUPTED: the caller does not want to wait. NOT_READY: this instance stops. */
static status_t take_turn(const struct call *call, uint32_t flags)
{
    uint32_t worker = worker_of(call);
    uint64_t bit = UINT64_C(1) << worker;
    status_t status = STATUS_OK;
    if ((flags & FILE_AT_POSITION) == 0 || call->in.badge == 0) {
        return STATUS_OK;
    }
    lock_positions();
    while (is_moved(call->in.badge) && status == STATUS_OK) {
        turns.waiting |= bit;
        unlock_positions();
        status = event_wait(turns.over, bit, FOR_EVER, NULL);
        lock_positions();
    }
    if (status == STATUS_OK) {
        turns.moves[worker] = call->in.badge;
    }
    turns.waiting &= ~bit;
    unlock_positions();
    return status == STATUS_INTERRUPTED && call->server->stopping ? STATUS_NOT_READY : status;
}

static void give_turn(const struct call *call)
{
    lock_positions();
    turns.moves[worker_of(call)] = 0;
    uint64_t waiting = turns.waiting;
    unlock_positions();
    if (waiting != 0) {
        status_ignore(event_signal(turns.over, waiting));
    }
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    lock_positions();
    positions_forget(&positions, badge);
    unlock_positions();
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static status_t move(struct call *call, uint32_t direction, uint64_t offset, uint32_t flags,
                     uint64_t *count)
{
    struct disk *disk;
    const struct table_extent *extent = extent_of(call, &disk);
    uint64_t length = call_lease_length(call, 0);
    if (extent == NULL) {
        return STATUS_GONE;
    }
    if (direction == LEASE_READ && disk->block.read_only) {
        return STATUS_READ_ONLY;
    }
    offset = take_position(call, offset, flags);
    if (length == 0 || offset >= extent->length) {
        return length != 0 && direction == LEASE_READ ? STATUS_FULL : STATUS_OK;
    }
    length = length < extent->length - offset ? length : extent->length - offset;
    handle_t opened = disk->block.file; /* its identity is there before it is */
    if (!knows_disk(call, disk)) {
        return STATUS_GONE;
    }
    status_t status = block_file_lend(&disk->block, opened, call, direction, extent->start + offset,
                                      0, length, count);
    if (status == STATUS_OK) {
        have_moved(call, flags, offset + *count);
    }
    return status;
}

static status_t transfer(struct call *call, uint32_t direction, uint64_t offset, uint32_t flags,
                         uint64_t *count)
{
    workers_enter(call);
    status_t status = take_turn(call, flags);
    if (status == STATUS_OK) {
        status = move(call, direction, offset, flags, count);
        give_turn(call);
    }
    workers_leave(call);
    return status;
}

static status_t serve_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    struct disk *disk;
    const struct table_extent *extent = extent_of(call, &disk);
    if (extent == NULL) {
        return STATUS_GONE;
    }
    lock_positions();
    status_t status =
        positions_seek(&positions, call->in.badge, offset, whence, extent->length, position);
    unlock_positions();
    return status;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    return transfer(call, LEASE_WRITE, offset, flags, count);
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    return transfer(call, LEASE_READ, offset, flags, count);
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    struct disk *disk;
    *kind = FILE_KIND_BLOCK;
    if (extent_of(call, &disk) == NULL) {
        return STATUS_GONE;
    }
    handle_t before = disk->block.file;
    status_t status = block_file_look(&disk->block);
    if (status != STATUS_OK) {
        return status;
    }
    if (disk->block.file != before) { /* an opening that is being made has seen nothing of it */
        disk->first = (uint32_t)call->in.badge;
    }
    return (flags & FILE_WRITE) != 0 && disk->block.read_only ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    struct disk *disk;
    const struct table_extent *extent = extent_of(call, &disk);
    if (extent == NULL) {
        return STATUS_GONE;
    }
    *kind = FILE_KIND_BLOCK;
    *size = extent->length;
    *block_size = BLOCK_SIZE;
    return STATUS_OK;
}

static status_t serve_sync(struct call *call)
{
    struct disk *disk;
    return extent_of(call, &disk) == NULL ? STATUS_GONE : block_file_sync(&disk->block);
}

/* Where bytes of a partition lie on its disk. */
static status_t place_on_disk(const struct call *call, uint64_t *start, uint64_t length,
                              struct disk **disk)
{
    const struct table_extent *extent = extent_of(call, disk);
    if (extent == NULL) {
        return STATUS_GONE;
    }
    if (*start > extent->length || length > extent->length - *start) {
        return STATUS_BAD_ARGUMENT;
    }
    *start += extent->start;
    return STATUS_OK;
}

/* The disk's own claims are all there are, so this server has nothing to lose in a crash. */
static status_t serve_claim(struct call *call, const uint8_t *name, size_t name_length,
                            uint64_t start, uint64_t length, handle_t *claim)
{
    struct disk *disk;
    status_t status = place_on_disk(call, &start, length, &disk);
    if (status == STATUS_OK) {
        workers_enter(call);
        status = block_file_pass_claim(&disk->block, name, name_length, start, length, claim);
        workers_leave(call);
    }
    return status;
}

static status_t serve_claimant(struct call *call, uint64_t start, uint64_t length, uint32_t *exact,
                               uint8_t *name, size_t name_capacity, size_t *name_length)
{
    struct disk *disk;
    status_t status = place_on_disk(call, &start, length, &disk);
    if (status == STATUS_OK) {
        workers_enter(call);
        status = block_file_claimant(&disk->block, start, length, exact, name, name_capacity,
                                     name_length);
        workers_leave(call);
    }
    return status;
}

static const struct file_operations operations = {
    .attach = serve_attach,
    .read = serve_read,
    .write = serve_write,
    .seek = serve_seek,
    .stat = serve_stat,
    .sync = serve_sync,
    .claim = serve_claim,
    .claimant = serve_claimant,
};

/* ---- the disks ------------------------------------------------------------------------------ */

static status_t read_disk(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    return block_file_read(context, offset, buffer, length);
}

static void say(const char *path, const struct table *table)
{
    log_line("%s: %s with %u partitions%s%s%s", path,
             table->kind == TABLE_GPT ? "GPT" : "partition table", (unsigned)table->count,
             table->backup ? " (from its second copy: the first is damaged)" : "",
             table->damage != NULL ? "; " : "", table->damage != NULL ? table->damage : "");
    if (table->skipped != 0) {
        log_line("%s: %u entries are not used: outside the disk, or too many", path,
                 (unsigned)table->skipped);
    }
}

static const char *last_part(const char *path)
{
    const char *part = path;
    for (const char *at = path; *at != '\0'; at++) {
        part = *at == '/' ? at + 1 : part;
    }
    return part;
}

/* The disks that it is to look at: those of the arguments, else whatever there is. */
static bool is_told(void)
{
    return publish_argument(&server, 0, NULL) != NULL;
}

/* NULL: that was the last. It holds until the next call. */
static const char *disk_path(uint32_t index)
{
    static char path[NAME];
    if (is_told()) {
        return publish_argument(&server, index, NULL);
    }
    (void)format_text(path, sizeof(path), "/dev/disk%u", (unsigned)index);
    return index < DISKS ? path : NULL;
}

static void publish_all(uint32_t index, const char *path)
{
    const struct table *table = &disks[index].table;
    for (uint32_t i = 0; i < table->count; i++) {
        char name[NAME];
        uint32_t number = table->extents[i].number;
        (void)format_text(name, sizeof(name), "%sp%u", last_part(path), (unsigned)number);
        status_t status = publish_as(
            &server, name, disks[index].identity | index << NUMBER_SHIFT | number, FILE_KIND_BLOCK);
        if (status != STATUS_OK) {
            log_line("/dev/%s is not to be had: %s", name, status_text(status));
        }
    }
}

/* In the bits of a file's number that are left for it; 0: its driver tells none. */
static uint32_t identity_of(const struct block_file *block)
{
    uint64_t modified;
    uint64_t identity = 0;
    if (file_times(block->file, &modified, &identity) != STATUS_OK) {
        identity = 0;
    }
    return (uint32_t)(identity * GOLDEN_RATIO >> 32) >> IDENTITY_SHIFT << IDENTITY_SHIFT;
}

/* What the disk was cut into is true of it still; what is in the parts, who uses them has to ask.
 */
static bool is_same_disk(struct block_file *again, void *context)
{
    struct disk *disk = context;
    struct table_disk source = {again, again->size, read_disk};
    struct table now;
    if (table_read(&source, &now) != STATUS_OK || !table_is_same(&disk->table, &now)) {
        return false;
    }
    disk->first = UINT32_MAX;
    disk->identity = identity_of(again);
    publish_all((uint32_t)(disk - disks), again->path);
    return true;
}

/* A disk of which nothing is used is not kept open, so that its driver can be stopped. */
static void take_disk(uint32_t index, const char *path)
{
    struct disk *disk = &disks[index];
    status_t status = block_file_open(&disk->block, &server, path);
    if (status != STATUS_OK) {
        if (is_told() || status != STATUS_NOT_FOUND) {
            log_line("%s: %s", path, status_text(status));
        }
        return;
    }
    struct table_disk source = {&disk->block, disk->block.size, read_disk};
    status = table_read(&source, &disk->table);
    if (status != STATUS_OK) {
        log_line("%s: its partition table cannot be read: %s", path, status_text(status));
        disk->table.count = 0;
    } else if (disk->table.kind != TABLE_NONE) {
        say(path, &disk->table);
    } else if (is_told()) {
        log_line("%s: no partition table", path);
    }
    if (disk->table.count == 0) {
        block_file_close(&disk->block);
    }
    disk->first = UINT32_MAX;
    disk->identity = identity_of(&disk->block);
    disk->block.is_same = is_same_disk;
    disk->block.context = disk;
    disk->block.tells = true;
}

static void take_disks(void)
{
    const char *path = disk_path(0);
    for (uint32_t i = 0; i < DISKS && path != NULL; i++) {
        take_disk(i, path);
        path = disk_path(i + 1);
    }
    if (path != NULL) {
        log_line("%s and what follows are left out: %d disks at most; start another `partitions`",
                 path, DISKS);
    }
}

static status_t begin(void)
{
    status_t status = server_add(&server, file_protocol(&operations));
    if (status == STATUS_OK) {
        status = event_create(server.account, &turns.over);
    }
    if (status == STATUS_OK) {
        status = workers_begin(&workers, &server, WORKERS_MOST);
    }
    for (uint32_t i = 0; i < DISKS && status == STATUS_OK; i++) {
        if (disks[i].table.count > 0) {
            publish_all(i, disk_path(i));
        }
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

static void on_ping(struct server *at)
{
    (void)at;
    workers_look_after(&workers);
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_closed = on_closed;
    server.on_ping = on_ping;
    server.closes_at_once = true; /* a claim ends when its holder does */
    take_disks();
    status_t status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its threads: %s", status_text(status));
    }
    return workers_run(&workers);
}
