/* See guest_step.h. */
#include "guest_step.h"

#include "guest_registers.h"
#include "step_machine.h"
#include "step_plan.h"

/* An instruction that a breakpoint stands for. */
struct stop {
    bool planted;
    uint8_t bytes[sizeof(STEP_TRAP)];
};

static const struct region *executable(const struct image *image, uint64_t address)
{
    const struct region *region = image_find(image, address);
    return region != NULL && (region->protection & MAP_EXECUTE) ? region : NULL;
}

/* As far as it can be executed: the rest may be another region, or nothing. */
static status_t read_code(const struct image *image, uint8_t code[STEP_CODE], size_t *bytes)
{
    uint64_t pc = image->state->registers[GUEST_PC] & ~UINT64_C(1);
    status_t status = STATUS_OK;
    *bytes = 0;
    while (status == STATUS_OK && *bytes < STEP_CODE && executable(image, pc + *bytes) != NULL) {
        uint64_t at = pc + *bytes;
        uint64_t piece = PAGE - at % PAGE;
        piece = piece < STEP_CODE - *bytes ? piece : STEP_CODE - *bytes;
        status = guest_copy_in(code + *bytes, at, piece);
        *bytes += piece;
    }
    return status;
}

/* The page becomes the image's own, as with any write to what it shares. */
static status_t write_code(const struct image *image, uint64_t address, const void *bytes)
{
    uint64_t page = address & ~(PAGE - 1);
    status_t status = space_protect(image->space, page, PAGE, MAP_READ | MAP_WRITE);
    if (status != STATUS_OK) {
        return status;
    }
    status = guest_copy_out(address, bytes, sizeof(STEP_TRAP));
    uint32_t flags = executable(image, page)->protection & ~(uint32_t)MAP_WRITE;
    status_t again = space_protect(image->space, page, PAGE, flags);
    if (again == STATUS_OK) {
        again = space_sync_code(image->space, page, PAGE);
    }
    return status != STATUS_OK ? status : again;
}

/* Where nothing can be executed the guest stops by itself. */
static status_t plant(const struct image *image, uint64_t address, struct stop *stop)
{
    const __typeof__(STEP_TRAP) trap = STEP_TRAP;
    if (executable(image, address) == NULL) {
        return STATUS_OK;
    }
    status_t status = guest_copy_in(stop->bytes, address, sizeof(stop->bytes));
    if (status == STATUS_OK) {
        status = write_code(image, address, &trap);
        stop->planted = status == STATUS_OK;
    }
    return status;
}

static status_t plant_all(const struct image *image, const struct step_plan *plan,
                          struct stop *stops)
{
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < plan->count && status == STATUS_OK; i++) {
        status = plant(image, plan->stops[i], &stops[i]);
    }
    return status;
}

/* The last first: two may be at one place. */
static status_t take_out_all(const struct image *image, const struct step_plan *plan,
                             const struct stop *stops)
{
    status_t status = STATUS_OK;
    for (uint32_t i = plan->count; i-- > 0;) {
        if (stops[i].planted) {
            status_t one = write_code(image, plan->stops[i], stops[i].bytes);
            status = status != STATUS_OK ? status : one;
        }
    }
    return status;
}

static bool note(void *context, uint64_t exit)
{
    *(uint64_t *)context = exit;
    return false;
}

static status_t run(uint64_t *exit)
{
    const struct guest_handler handler = {(uint64_t)(uintptr_t)note, (uint64_t)(uintptr_t)exit};
    return guest_run(&handler);
}

/* Whether it has got to a stop: it trapped or was kicked there, or cannot go on from there. */
static bool is_at_stop(const struct image *image, const struct step_plan *plan, uint64_t exit)
{
    const struct guest_state *state = image->state;
    bool stands = exit == GUEST_EXIT_KICKED ||
                  (exit == GUEST_EXIT_FAULT &&
                   (state->fault == FAULT_BREAKPOINT || state->fault == FAULT_EXECUTE));
    for (uint32_t i = 0; i < plan->count; i++) {
        if (stands && state->registers[GUEST_PC] == plan->stops[i]) {
            return true;
        }
    }
    return false;
}

static void tell_step(const struct image *image, uint64_t *exit)
{
    if (*exit == GUEST_EXIT_KICKED) {
        status_ignore(guest_kick(image->guest));
    }
    image->state->fault = FAULT_STEP;
    image->state->address = image->state->registers[GUEST_PC];
    *exit = GUEST_EXIT_FAULT;
}

static status_t step_by_machine(const struct image *image, uint64_t *exit)
{
    step_begin(image->state);
    status_t status = run(exit);
    bool executed = step_end(image->state);
    if (status == STATUS_OK && *exit == GUEST_EXIT_KICKED && executed) {
        tell_step(image, exit);
    }
    return status;
}

static status_t step_to_stops(const struct image *image, const struct step_plan *plan,
                              uint64_t *exit)
{
    struct stop stops[STEP_STOPS] = {0};
    status_t status = plant_all(image, plan, stops);
    if (status == STATUS_OK) {
        status = run(exit);
    }
    status_t out = take_out_all(image, plan, stops);
    if (status == STATUS_OK && is_at_stop(image, plan, *exit)) {
        tell_step(image, exit);
    }
    return status != STATUS_OK ? status : out;
}

status_t image_step(struct image *image, uint64_t *exit)
{
    uint8_t code[STEP_CODE];
    size_t bytes;
    status_t status = read_code(image, code, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    *exit = 0;
    struct step_plan plan = step_plan(image->state->registers, code, bytes);
    switch (plan.way) {
    case STEP_MACHINE:
        return step_by_machine(image, exit);
    case STEP_BREAKS:
        return step_to_stops(image, &plan, exit);
    case STEP_DONE:
        tell_step(image, exit);
        break;
    }
    return STATUS_OK;
}
