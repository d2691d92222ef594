/*
 * See terminal_operations.h. Four parties wait as threads would: a reader, a writer, who sends for
 * the device, and who offers input. Each keeps what it was refused and may do it only when the hook
 * has woken it (the reader also when its time has come), so on a copy it must be refused still.
 */
#include "terminal_operations.h"

#include <stdlib.h>
#include <string.h>

#include "pseudo_terminal.h"

enum { SESSION = 3, GROUPS = 5, BLOCK = 1500 };

#define TICK 50000000ull /* ns: half the unit of TIME */

struct waiting {
    bool waits;
    uint8_t byte;
};

static struct pseudo_terminal pair;
static struct pseudo_terminal copy;
static struct terminal *const terminal = &pair.terminal;
static bool on_copy;
static uint32_t woken;
static uint64_t now;
static struct terminal_reading reading;
static struct waiting reader;
static struct waiting writer;
static struct waiting sender;
static struct waiting source;

static const uint8_t *next;
static size_t left;

static uint8_t choose(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *next++;
}

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static void wake(void *context, uint32_t who)
{
    require(context == &pair && who != 0);
    woken |= on_copy ? 0 : who;
}

static void signal_group(void *context, uint32_t group, enum terminal_signal signal)
{
    require(context == &pair && group != 0 && signal != 0);
}

static bool group_is_orphaned(void *context, uint32_t group)
{
    require(context == &pair);
    return group == GROUPS - 1;
}

static const struct terminal_hooks hooks = {
    .wake = wake,
    .signal_group = signal_group,
    .signal_leader = signal_group,
    .group_is_orphaned = group_is_orphaned,
};

/* ---- what must hold ------------------------------------------------------------------------- */

static struct terminal *copied(void)
{
    copy = pair;
    return &copy.terminal;
}

static void require_bounds(void)
{
    uint32_t used = terminal->input_end - terminal->input_first;
    require(used <= TERMINAL_INPUT_BYTES);
    require(terminal->input_line - terminal->input_first <= used);
    require(terminal_output_count(terminal) <= TERMINAL_OUTPUT_BYTES);
    require(terminal_input_count(terminal) <= used);
    require((terminal->foreground != 0) == (terminal->session != 0));
    require(terminal->woken == 0);
}

/* What a query says is what the call then does. */
static void require_queries(void)
{
    char byte = 'x';
    char text[TERMINAL_INPUT_BYTES];
    uint32_t count;
    struct terminal_reading one = {.nonblocking = true};
    bool lines = (terminal->attributes.local & TERMINAL_ICANON) != 0;
    require((terminal_send(copied(), &byte, 1) == 1) == terminal_sends(terminal));
    enum terminal_status status = terminal_read(copied(), &one, now, text, sizeof(text), &count);
    require(!terminal_readable(terminal) || status == TERMINAL_DONE);
    require(terminal->hung_up || !lines ||
            terminal_readable(terminal) == (status == TERMINAL_DONE));
    require(!lines || count <= terminal_input_count(terminal));
    require(lines || count == terminal_input_count(terminal));
    status = terminal_write(copied(), "\t", 1, &count);
    require(!terminal_writable(terminal) || status != TERMINAL_WAITS);
    require(terminal->hung_up == (status == TERMINAL_IO_ERROR));
}

/* Whoever waits and has not been woken would still wait. */
static void require_nobody_forgotten(void)
{
    char text[TERMINAL_INPUT_BYTES];
    uint32_t count;
    if (reader.waits) {
        struct terminal_reading again = reading;
        require(terminal_read(copied(), &again, now, text, reader.byte + 1u, &count) ==
                TERMINAL_WAITS);
        require(again.deadline >= reading.deadline); /* later: what it ran for is gone */
    }
    if (writer.waits) {
        require(terminal_write(copied(), &writer.byte, 1, &count) == TERMINAL_WAITS);
    }
    if (sender.waits) {
        require(pseudo_terminal_read_master((copied(), &copy), text, 1, &count) == TERMINAL_WAITS);
    }
    if (source.waits) {
        require(terminal_receive(copied(), &source.byte, 1) == 0);
    }
}

static void check(void)
{
    on_copy = true;
    require_bounds();
    require_queries();
    if ((woken & TERMINAL_WAKE_READERS) != 0 || (reader.waits && now >= reading.deadline)) {
        reader.waits = false;
    }
    writer.waits = writer.waits && (woken & TERMINAL_WAKE_WRITERS) == 0;
    sender.waits = sender.waits && (woken & TERMINAL_WAKE_DEVICE) == 0;
    source.waits = source.waits && (woken & TERMINAL_WAKE_SOURCE) == 0;
    woken = 0;
    require_nobody_forgotten();
    on_copy = false;
}

/* ---- operations ----------------------------------------------------------------------------- */

/* The bytes that do something are met more often than others. */
static uint8_t choose_byte(void)
{
    static const uint8_t special[] =
        "\r\n\t\b \x03\x04\x11\x12\x13\x15\x16\x17\x1a\x1c\x7f\xc3\xa9";
    uint8_t choice = choose();
    return choice < 128 ? special[choice % (sizeof(special) - 1)] : choice - 100;
}

static void do_read(bool nonblocking)
{
    char text[256];
    uint32_t count;
    uint8_t capacity = reader.waits ? reader.byte : choose();
    if (!reader.waits) {
        reading = (struct terminal_reading){.nonblocking = nonblocking};
    }
    reader = (struct waiting){.byte = capacity};
    reader.waits =
        terminal_read(terminal, &reading, now, text, capacity + 1u, &count) == TERMINAL_WAITS;
    require(count <= capacity + 1u);
}

static void do_write(uint32_t count)
{
    uint8_t text[BLOCK];
    uint32_t taken;
    memset(text, choose_byte(), count);
    writer.byte = text[0];
    enum terminal_status status = terminal_write(terminal, text, count, &taken);
    require(taken <= count && (status == TERMINAL_DONE) == (taken > 0));
    writer.waits = status == TERMINAL_WAITS;
}

static void do_receive(uint32_t count)
{
    uint8_t text[BLOCK];
    memset(text, choose_byte(), count);
    source.byte = text[0];
    uint32_t taken = terminal_receive(terminal, text, count);
    require(taken <= count);
    source.waits = taken < count;
}

static void do_send(void)
{
    uint8_t text[256];
    uint32_t count;
    uint32_t capacity = choose() + 1u;
    enum terminal_status status = pseudo_terminal_read_master(&pair, text, capacity, &count);
    require(count <= capacity && (status == TERMINAL_DONE) == (count > 0));
    sender.waits = status == TERMINAL_WAITS;
}

/* Flags are switched one by one, so that most states have several that mean something. */
static void do_attributes(void)
{
    struct terminal_attributes attributes = terminal->attributes;
    uint32_t flag = 1u << (choose() % 16);
    uint32_t *const words[] = {&attributes.input, &attributes.output, &attributes.local,
                               &attributes.local};
    uint8_t which = choose() % 8;
    if (which < 4) {
        *words[which] ^= flag;
    } else if (which == 4) {
        attributes.local ^= TERMINAL_ICANON;
    } else if (which == 5) {
        attributes.characters[choose() % TERMINAL_CHARACTERS] = choose_byte();
    } else {
        attributes.characters[TERMINAL_VMIN] = choose() % 8;
        attributes.characters[TERMINAL_VTIME] = choose() % 4;
    }
    terminal_set_attributes(terminal, &attributes);
}

static void do_job(void)
{
    uint8_t choice = choose();
    struct terminal_caller caller = {
        .session = choice % 2 == 0 ? SESSION : SESSION + 1,
        .group = choose() % GROUPS,
        .leads_session = (choice & 2) != 0,
        .has_terminal = (choice & 4) != 0,
        .ignores_sigttin = (choice & 8) != 0,
        .ignores_sigttou = (choice & 16) != 0,
    };
    caller.group += caller.group == 0;
    switch (choice >> 5) {
    case 0:
        terminal_leave(terminal, choice % 2 == 0);
        break;
    case 1:
        (void)terminal_acquire(terminal, &caller);
        break;
    case 2:
        (void)terminal_set_foreground(terminal, &caller, choose() % GROUPS, SESSION);
        break;
    default:
        (void)terminal_may(terminal, &caller, (enum terminal_operation)(choose() % 3));
        break;
    }
}

static void do_ends(void)
{
    uint8_t choice = choose();
    struct terminal_size size = {.rows = choice};
    if (choice == 0xff) {
        pseudo_terminal_close_master(&pair);
    } else if (choice % 4 == 0 && pair.slaves > 0) {
        pseudo_terminal_close_slave(&pair);
    } else if (choice % 4 == 1) {
        (void)pseudo_terminal_open_slave(&pair);
        sender.waits = false;
    } else {
        terminal_set_size(terminal, &size);
    }
}

static void operate(void)
{
    uint8_t operation = choose() % 16;
    switch (operation) {
    case 0:
    case 1:
        do_read(operation == 0);
        break;
    case 2:
    case 3:
        do_write(operation == 2 ? 1 : 1 + choose() * 4u);
        break;
    case 4:
    case 5:
    case 6:
        do_receive(1);
        break;
    case 7:
        do_receive(1 + choose() * 4u);
        break;
    case 8:
    case 9:
        do_send();
        break;
    case 10:
    case 11:
        do_attributes();
        break;
    case 12:
        terminal_flow(terminal, (enum terminal_flow_action)(choose() % 4));
        break;
    case 13:
        do_job();
        break;
    case 14:
        do_ends();
        break;
    default:
        now += choose() * TICK / 16;
        if (choose() % 8 == 0) {
            terminal_flush(terminal, choose() % 4);
        }
        break;
    }
}

void terminal_operations(const uint8_t *choices, size_t count)
{
    next = choices;
    left = count;
    now = 0;
    woken = 0;
    reader = writer = sender = source = (struct waiting){.waits = false};
    pseudo_terminal_init(&pair, &hooks, &pair);
    pair.locked = false;
    while (left > 0) {
        operate();
        check();
    }
}
