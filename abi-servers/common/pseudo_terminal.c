/* The master side of a pair: see pseudo_terminal.h. */
#include "pseudo_terminal.h"

void pseudo_terminal_init(struct pseudo_terminal *pair, const struct terminal_hooks *hooks,
                          void *context)
{
    terminal_init(&pair->terminal, hooks, context);
    pair->slaves = 0;
    pair->slave_closed = false;
    pair->locked = true;
}

enum terminal_status pseudo_terminal_open_slave(struct pseudo_terminal *pair)
{
    if (pair->locked || pair->terminal.hung_up) {
        return TERMINAL_IO_ERROR;
    }
    pair->slaves++;
    pair->slave_closed = false;
    return TERMINAL_DONE;
}

void pseudo_terminal_close_slave(struct pseudo_terminal *pair)
{
    pair->slaves--;
    if (pair->slaves == 0) {
        pair->slave_closed = true;
        pair->terminal.stopped = pair->terminal.suspended =
            false; /* or what was sent stays there */
        pair->terminal.hooks->wake(pair->terminal.context, TERMINAL_WAKE_DEVICE);
    }
}

void pseudo_terminal_close_master(struct pseudo_terminal *pair)
{
    terminal_hang_up(&pair->terminal);
}

enum terminal_status pseudo_terminal_read_master(struct pseudo_terminal *pair, void *to,
                                                 uint32_t capacity, uint32_t *count)
{
    *count = terminal_send(&pair->terminal, to, capacity);
    if (*count > 0 || capacity == 0) {
        return TERMINAL_DONE;
    }
    return pair->slave_closed ? TERMINAL_IO_ERROR : TERMINAL_WAITS;
}

enum terminal_status pseudo_terminal_write_master(struct pseudo_terminal *pair, const void *bytes,
                                                  uint32_t count, uint32_t *taken)
{
    *taken = terminal_receive(&pair->terminal, bytes, count);
    return *taken > 0 || count == 0 ? TERMINAL_DONE : TERMINAL_WAITS;
}

bool pseudo_terminal_master_readable(const struct pseudo_terminal *pair)
{
    return pair->slave_closed || terminal_sends(&pair->terminal);
}

bool pseudo_terminal_master_writable(const struct pseudo_terminal *pair)
{
    return terminal_receives(&pair->terminal);
}
