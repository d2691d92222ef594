/* See foreign.h. */
#include "foreign.h"

static bool fill(struct foreign *foreign)
{
    uint64_t window = 0;
    size_t size = (size_t)(guest_code_end - guest_code);
    EXPECT_OK(space_map(0, foreign->code, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window));
    if (window == 0) {
        return false;
    }
    __builtin_memcpy(at(window), guest_code, size);
    EXPECT_OK(space_sync_code(0, window, PAGE));
    unmap(window, PAGE);
    uint64_t code = FOREIGN_CODE;
    uint64_t data = 0;
    EXPECT_OK(space_map(foreign->space, foreign->code, code, 0, PAGE,
                        MAP_READ | MAP_EXECUTE | MAP_FIXED, &code));
    EXPECT_OK(space_map(foreign->space, foreign->data, data, 0, FOREIGN_TOP,
                        MAP_READ | MAP_WRITE | MAP_FIXED, &data));
    return code == FOREIGN_CODE && data == 0;
}

bool foreign_open(struct foreign *foreign)
{
    uint64_t state = 0;
    *foreign = (struct foreign){0};
    EXPECT_OK(space_create_guest(0, environment.account, &foreign->space));
    foreign->code = new_memory(1);
    foreign->data = new_memory(FOREIGN_PAGES);
    EXPECT_OK(guest_create(foreign->space, environment.account, &foreign->guest, &state));
    foreign->state = at(state);
    return state != 0 && fill(foreign);
}

void foreign_close(struct foreign *foreign)
{
    close_handle(foreign->guest);
    close_handle(foreign->code);
    close_handle(foreign->data);
    close_handle(foreign->space);
}

void foreign_open_second(const struct foreign *first, struct foreign *second)
{
    uint64_t state = 0;
    *second = *first;
    EXPECT_OK(guest_create(first->space, environment.account, &second->guest, &state));
    second->state = at(state);
}

void foreign_begin(struct foreign *foreign, uint64_t code, uint64_t argument0, uint64_t argument1)
{
    foreign->state->registers[GUEST_PC] = FOREIGN_CODE + code;
    foreign->state->registers[GUEST_SP] = FOREIGN_TOP;
    foreign->state->registers[GUEST_ARGUMENT(0)] = argument0;
    foreign->state->registers[GUEST_ARGUMENT(1)] = argument1;
    EXPECT_OK(guest_attach(foreign->guest));
}

static bool note(void *context, uint64_t exit)
{
    *(uint64_t *)context = exit;
    return false;
}

uint64_t foreign_run(void)
{
    uint64_t exit = 0;
    const struct guest_handler handler = {address_of((const void *)(uintptr_t)note),
                                          address_of(&exit)};
    EXPECT_OK(guest_run(&handler));
    return exit;
}

void foreign_kick_later(void *argument)
{
    struct foreign *foreign = argument;
    sleep_for(5 * MILLISECOND);
    EXPECT_OK(guest_kick(foreign->guest));
}

void foreign_answer(void *argument)
{
    const struct service *service = argument;
    struct received call;
    do {
        EXPECT_OK(port_receive(service->port, service->reply, &call));
        const struct message answer = {.tag = message_tag(STATUS_OK, 0, 0, 0),
                                       .words = {call.words[0] + 1}};
        EXPECT_OK(port_reply(service->reply, &answer));
    } while (call.words[0] != 0);
}

void foreign_faults(struct foreign *foreign, uint32_t kind, uint64_t address)
{
    EXPECT(foreign_run() == GUEST_EXIT_FAULT);
    EXPECT(foreign->state->fault == kind);
    EXPECT(foreign->state->address == address);
}

uint64_t foreign_argument(const struct foreign *foreign, unsigned i)
{
    return foreign->state->registers[GUEST_ARGUMENT(i)];
}

uint64_t host_base(void)
{
    return address_of(&environment) & ~((UINT64_C(1) << 30) - 1);
}

bool host_edge_open(handle_t *memory)
{
    const uint8_t *call = guest_code + CODE_CALLS;
    const size_t half = GUEST_ALIGNMENT ? 0 : 2;
    uint64_t window = 0;
    uint64_t base = host_base();
    *memory = new_memory(1);
    EXPECT_OK(space_map(0, *memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &window));
    EXPECT_OK(space_map(0, *memory, base, 0, PAGE, MAP_READ | MAP_EXECUTE | MAP_FIXED, &base));
    if (window == 0 || base != host_base()) {
        return false;
    }
    __builtin_memcpy(at(window), call + 4 - half, half);
    for (size_t i = half; i < 64; i += 4) {
        __builtin_memcpy((uint8_t *)at(window) + i, call, 4);
    }
    EXPECT_OK(space_sync_code(0, window, PAGE));
    unmap(window, PAGE);
    (void)*(volatile uint8_t *)at(base); /* so that it is in the table, with all its rights */
    return true;
}

void host_edge_close(handle_t memory)
{
    unmap(host_base(), PAGE);
    close_handle(memory);
}

static void spin(void *argument)
{
    foreign_begin(argument, CODE_COUNTS, 0, 0);
    (void)foreign_run();
}

void guests_spin(handle_t account)
{
    static struct foreign foreigners[2];
    static struct worker workers[2];
    environment.account = account;
    for (unsigned i = 0; i < 2; i++) {
        if (!foreign_open(&foreigners[i]) ||
            worker_start(&workers[i], 0, OTHER_PRIORITY - 1, spin, &foreigners[i]) != STATUS_OK) {
            task_exit(1);
        }
    }
}

handle_t guest_new(handle_t account)
{
    static struct foreign foreign;
    environment.account = account;
    return foreign_open(&foreign) ? foreign.guest : 0;
}

void guest_call_code(handle_t account)
{
    static struct foreign foreign;
    environment.account = account;
    if (foreign_open(&foreign)) {
        foreign_begin(&foreign, CODE_CALLS, 0, 0);
        ((void (*)(void))(uintptr_t)FOREIGN_CODE)();
    }
}

/* After its system call. */
static void leave_again(struct foreign *foreign, uint64_t way)
{
    static struct worker worker;
    switch (way) {
    case FLOAT_FAULT:
        foreign_begin(foreign, CODE_ILLEGAL, 0, 0);
        EXPECT(foreign_run() == GUEST_EXIT_FAULT);
        break;
    case FLOAT_KICKED:
        foreign_begin(foreign, CODE_SPINS, 0, 0);
        EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, foreign_kick_later, foreign));
        EXPECT(foreign_run() == GUEST_EXIT_KICKED);
        break;
    case FLOAT_SWITCHED:
        sleep_for(MILLISECOND);
        break;
    default:
        break;
    }
}

void guest_float(handle_t account, uint64_t way)
{
    static struct foreign foreign;
    environment.account = account;
    if (way != FLOAT_NONE && foreign_open(&foreign)) {
        foreign_begin(&foreign, CODE_FLOATS, 7, 0);
        EXPECT(foreign_run() == GUEST_EXIT_CALL);
        leave_again(&foreign, way);
    }
}

static void stray(uint64_t way)
{
    uint64_t page;
    switch (way) {
    case STRAY_RUN:
        status_ignore(guest_run(at(0)));
        break;
    case STRAY_CALL:
        status_ignore(handle_info(environment.idle, NULL, NULL, at(sizeof(uint64_t))));
        break;
    case STRAY_COPY:
        page = map_new(environment.account, PAGE);
        unmap(page, PAGE);
        status_ignore(guest_copy_in(at(page), 0, sizeof(uint64_t)));
        break;
    default:
        (void)*(volatile uint64_t *)at(0);
    }
}

void guest_stray(handle_t account, uint64_t way)
{
    static struct foreign foreign;
    environment.account = account;
    if (foreign_open(&foreign)) {
        EXPECT_OK(guest_attach(foreign.guest));
        stray(way);
    }
}
