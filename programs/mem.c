/* mem: memory of the machine and of the account that this program is charged to. */
#include <errno.h>
#include <stdio.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("mem", "mem: shows the use of memory, in KiB");

#define KIB      UINT64_C(1024)
#define PAGE_KIB (LIMIT_PAGE_SIZE / KIB)

static void print(const char *name, uint64_t kib)
{
    printf("%-16s %10lu KiB\n", name, (unsigned long)kib);
}

static void print_limit(const char *name, uint64_t kib, bool limited)
{
    if (limited) {
        print(name, kib);
    } else {
        printf("%-16s %10s\n", name, "none");
    }
}

static status_t print_machine(void)
{
    uint64_t cpus, total, unused, kernel, uptime;
    status_t status = system_info(&cpus, &total, &unused, &kernel, &uptime);
    if (status == STATUS_OK) {
        print("memory", total * PAGE_KIB);
        print("used", (total - unused) * PAGE_KIB);
        print("free", unused * PAGE_KIB);
        print("kernel", kernel / KIB);
    }
    return status;
}

static status_t print_account(void)
{
    uint64_t pages, pages_limit, kernel, kernel_limit, time;
    status_t status = account_info(program_handle("account"), &pages, &pages_limit, &kernel,
                                   &kernel_limit, &time);
    if (status == STATUS_OK) {
        print("account", pages * PAGE_KIB);
        print_limit("account limit", pages_limit * PAGE_KIB, pages_limit != UINT64_MAX);
        print("account kernel", kernel / KIB);
    }
    return status;
}

int main(void)
{
    status_t status = print_machine();
    if (status == STATUS_OK) {
        status = print_account();
    }
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("mem", "the system");
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("mem", "output");
}
