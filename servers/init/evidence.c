/*
 * Registers and frames of a task: see evidence.h.
 */
#include "evidence.h"

#include "memory.h"

const char *evidence_kind(uint32_t kind, status_t status)
{
    static const char *const names[] = {
        [FAULT_NONE] = "no fault",
        [FAULT_READ] = "read fault",
        [FAULT_WRITE] = "write fault",
        [FAULT_EXECUTE] = "execute fault",
        [FAULT_ILLEGAL] = "illegal instruction",
        [FAULT_BREAKPOINT] = "breakpoint",
        [FAULT_ALIGNMENT] = "misaligned access",
        [FAULT_SYSCALL] = "system call from outside libsys",
        [FAULT_STEP] = "single step",
        [FAULT_HARDWARE] = "hardware error",
    };
    if (kind == FAULT_ILLEGAL && status == STATUS_UNSUPPORTED) {
        return "floating-point instruction in a server that may use none";
    }
    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown fault";
}

void evidence_put_fault(struct text *text, const struct evidence *evidence)
{
    if (evidence->stack_overflow) {
        text_put(text, "stack overflow");
        return;
    }
    switch (evidence->kind) {
    case FAULT_READ:
        text_put(text, "read of address ");
        break;
    case FAULT_WRITE:
        text_put(text, "write to address ");
        break;
    case FAULT_EXECUTE:
        text_put(text, "jump to address ");
        break;
    default: /* where it was follows anyhow */
        text_put(text, evidence_kind(evidence->kind, evidence->status));
        return;
    }
    text_put_hex(text, evidence->address, 1);
}

static bool peek(const struct instance *instance, uint64_t address, uint64_t *value)
{
    if (space_peek(instance->space, address, sizeof(*value)) != STATUS_OK) {
        return false;
    }
    memcpy(value, message_page()->data, sizeof(*value));
    return true;
}

static void add_frame(struct evidence *evidence, uint64_t address)
{
    bool again =
        evidence->frame_count > 0 && evidence->frames[evidence->frame_count - 1] == address;
    if (address != 0 && !again && evidence->frame_count < EVIDENCE_FRAMES) {
        evidence->frames[evidence->frame_count++] = address;
    }
}

enum { WALK_STEPS = 4 * EVIDENCE_FRAMES };

/*
 * Frames lie ever higher on the stack; a chain that does not is broken, and ends. One that gives no
 * new address is as long as its task likes: only so many of its frames are read.
 */
static void walk(struct evidence *evidence, const struct instance *instance)
{
    uint64_t frame = registers_frame(&evidence->registers);
    add_frame(evidence, registers_pc(&evidence->registers));
    add_frame(evidence, registers_return(&evidence->registers));
    for (uint32_t step = 0; step < WALK_STEPS && evidence->frame_count < EVIDENCE_FRAMES; step++) {
        uint64_t address;
        uint64_t next;
        if (frame == 0 || frame % sizeof(uint64_t) != 0 ||
            !peek(instance, frame + (uint64_t)FRAME_RETURN, &address) ||
            !peek(instance, frame + (uint64_t)FRAME_NEXT, &next)) {
            break;
        }
        add_frame(evidence, address);
        if (next <= frame) {
            break;
        }
        frame = next;
    }
}

/* It got at memory beside its stack pointer, where there is none: below the stack. */
static bool is_stack_overflow(const struct evidence *evidence, const struct instance *instance)
{
    uint64_t stack = registers_stack(&evidence->registers);
    uint64_t value;
    bool is_access = evidence->kind == FAULT_READ || evidence->kind == FAULT_WRITE;
    bool is_beside = evidence->address - stack + LIMIT_PAGE_SIZE < 2 * LIMIT_PAGE_SIZE;
    return is_access && is_beside && !peek(instance, stack & ~(sizeof(value) - 1), &value);
}

void evidence_of_fault(struct evidence *evidence, const struct instance *instance,
                       const uint64_t words[6], const void *registers, size_t size)
{
    memset(evidence, 0, sizeof(*evidence));
    evidence->kind = (uint32_t)words[0];
    evidence->address = words[1];
    evidence->status = (status_t)words[4];
    if (size >= sizeof(evidence->registers)) {
        memcpy(&evidence->registers, registers, sizeof(evidence->registers));
        evidence->has_registers = true;
        evidence->stack_overflow = is_stack_overflow(evidence, instance);
        walk(evidence, instance);
    }
}

bool evidence_of_thread(struct evidence *evidence, const struct instance *instance)
{
    memset(evidence, 0, sizeof(*evidence));
    if (instance->thread != 0 && thread_registers(instance->thread) == STATUS_OK) {
        memcpy(&evidence->registers, message_page()->data, sizeof(evidence->registers));
        evidence->has_registers = true;
        walk(evidence, instance);
    }
    return evidence->has_registers;
}

bool evidence_locate(const struct load_group groups[LOADER_GROUPS], uint64_t address,
                     uint32_t *group, uint64_t *offset)
{
    for (uint32_t i = 0; i < LOADER_GROUPS; i++) {
        if (address - groups[i].address < groups[i].size) {
            *group = i;
            *offset = address - groups[i].address;
            return true;
        }
    }
    return false;
}
