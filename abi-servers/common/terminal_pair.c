/* See terminal_pair.h. */
#include "terminal_pair.h"

#include "process_terminal.h"
#include "pseudo_terminal.h"

enum { PIECE = 256 };

struct terminal_pair {
    struct process_terminal side; /* first: what its files refer to */
    struct pseudo_terminal pseudo;
};

size_t terminal_pair_bytes(void)
{
    return sizeof(struct terminal_pair);
}

static struct terminal_pair *pair_of(const struct open_file *file)
{
    return (struct terminal_pair *)file->terminal;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void end(struct process_terminal *side)
{
    mutex_lock(&host.lock);
    terminal_leave(side->terminal, false);
    mutex_unlock(&host.lock);
}

static void release(struct process_terminal *side)
{
    pool_give(&host.pairs, side);
}

static const struct process_terminal_device device = {.end = end, .free = release};

struct open_file *terminal_pair_new(void)
{
    struct terminal_pair *pair = pool_take(&host.pairs);
    if (pair == NULL) {
        return NULL;
    }
    process_terminal_init(&pair->side, &pair->pseudo.terminal, &device);
    pseudo_terminal_init(&pair->pseudo, &process_terminal_hooks, &pair->side);
    struct open_file *master = open_file_new(OPEN_TERMINAL_MASTER, 0, true, true);
    if (master == NULL) {
        process_terminal_release(&pair->side);
    } else {
        master->terminal = &pair->side;
    }
    return master;
}

void terminal_pair_unlock(struct open_file *master)
{
    pair_of(master)->pseudo.locked = false;
}

status_t terminal_pair_open(struct open_file *master, struct open_file **slave)
{
    if (master->kind != OPEN_TERMINAL_MASTER) {
        return STATUS_BAD_STATE;
    }
    *slave = open_file_new(OPEN_TERMINAL, 0, true, true);
    if (*slave == NULL) {
        return STATUS_FULL;
    }
    if (pseudo_terminal_open_slave(&pair_of(master)->pseudo) != TERMINAL_DONE) {
        open_file_release(*slave);
        return STATUS_IO_ERROR;
    }
    (*slave)->terminal = process_terminal_share(master->terminal);
    return STATUS_OK;
}

void terminal_pair_close(struct open_file *file)
{
    struct pseudo_terminal *pseudo = &pair_of(file)->pseudo;
    if (file->kind == OPEN_TERMINAL_MASTER) {
        pseudo_terminal_close_master(pseudo);
    } else {
        pseudo_terminal_close_slave(pseudo);
    }
}

/* ---- the master ------------------------------------------------------------------------------ */

static status_t take(struct process *process, struct terminal_pair *pair, uint8_t *bytes,
                     uint32_t capacity, uint32_t *count)
{
    enum terminal_status told = TERMINAL_WAITS;
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (told == TERMINAL_WAITS && status == STATUS_OK) {
        told = pseudo_terminal_read_master(&pair->pseudo, bytes, capacity, count);
        if (told == TERMINAL_WAITS) {
            status = process_sleep(process, &pair->side.senders, TERMINAL_FOREVER);
        }
    }
    mutex_unlock(&host.lock);
    return told == TERMINAL_IO_ERROR ? STATUS_IO_ERROR : status;
}

/* What is taken is lost if the guest's memory cannot be written, as with any stream. */
status_t terminal_pair_read(struct process *process, struct open_file *master, uint64_t address,
                            uint64_t length, uint64_t *count)
{
    uint8_t bytes[PIECE];
    uint32_t taken = 0;
    status_t status = take(process, pair_of(master), bytes,
                           length < sizeof(bytes) ? (uint32_t)length : sizeof(bytes), &taken);
    *count = taken;
    return taken > 0 ? guest_copy_out(address, bytes, taken) : status;
}

static status_t put(struct process *process, struct terminal_pair *pair, const uint8_t *bytes,
                    uint32_t length, uint64_t *count)
{
    status_t status = STATUS_OK;
    uint32_t done = 0;
    mutex_lock(&host.lock);
    while (done < length && status == STATUS_OK) {
        uint32_t taken = 0;
        if (pseudo_terminal_write_master(&pair->pseudo, bytes + done, length - done, &taken) ==
            TERMINAL_WAITS) {
            status = process_sleep(process, &pair->side.typists, TERMINAL_FOREVER);
        }
        done += taken;
    }
    mutex_unlock(&host.lock);
    *count += done;
    return status;
}

status_t terminal_pair_write(struct process *process, struct open_file *master, uint64_t address,
                             uint64_t length, uint64_t *count)
{
    uint8_t bytes[PIECE];
    status_t status = STATUS_OK;
    *count = 0;
    while (*count < length && status == STATUS_OK) {
        uint64_t rest = length - *count;
        uint32_t piece = rest < sizeof(bytes) ? (uint32_t)rest : sizeof(bytes);
        status = guest_copy_in(bytes, address + *count, piece);
        if (status == STATUS_OK) {
            status = put(process, pair_of(master), bytes, piece, count);
        }
    }
    return status;
}
