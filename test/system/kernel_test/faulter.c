/*
 * A child task that faults: see faulter.h.
 */
#include "faulter.h"

static void run(void *argument)
{
    struct faulter *faulter = argument;
    faulter->act(faulter);
}

bool faulter_start(struct faulter *faulter, void (*act)(struct faulter *), uint64_t address)
{
    *faulter = (struct faulter){.act = act, .address = address};
    if (!service_open(&faulter->service)) {
        return false;
    }
    EXPECT_OK(child_create("faulter", &faulter->task));
    EXPECT_OK(task_set_fault_endpoint(faulter->task, faulter->service.endpoint));
    status_t status = worker_start(&faulter->worker, faulter->task, OTHER_PRIORITY, run, faulter);
    EXPECT_OK(status);
    return status == STATUS_OK;
}

void faulter_expect(struct faulter *faulter, uint32_t kind, uint64_t address)
{
    struct received *fault = &faulter->fault;
    uint64_t number = 0;
    REQUIRE_OK(port_receive(faulter->service.port, faulter->service.reply, fault));
    EXPECT_OK(thread_info(faulter->worker.thread, NULL, NULL, NULL, &number));
    EXPECT(fault->kind == RECEIVE_CALL && tag_method(fault->tag) == METHOD_FAULT);
    EXPECT(fault->badge == SERVICE_BADGE);
    EXPECT(fault->words[3] == number && tag_handles(fault->tag) == 0);
    if (fault->words[0] != kind || fault->words[1] != address) {
        char text[120];
        format_text(text, sizeof(text), "fault %lu at %#lx, not %u at %#lx", fault->words[0],
                    fault->words[1], kind, address);
        test_failed(__FILE__, __LINE__, text);
    }
}

void faulter_answer(struct faulter *faulter, status_t status)
{
    struct message message = {.tag = message_tag((uint32_t)status, 0, 0, 0)};
    EXPECT_OK(port_reply(faulter->service.reply, &message));
}

void faulter_end(struct faulter *faulter, uint32_t reason)
{
    uint32_t got = EXIT_NONE;
    EXPECT(worker_end(&faulter->worker));
    EXPECT(task_ends(faulter->task));
    EXPECT_OK(task_info(faulter->task, NULL, &got, NULL, NULL, NULL, NULL));
    EXPECT(got == reason);
    close_handle(faulter->task);
    service_close(&faulter->service);
}
