/* libsys/thread.c with the layouts of both architectures: where thread-local storage lies, what it
 * holds, and in what order the functions of an object run. */
#include <string.h>

#include "check.h"
#include "libsys_exports.h"
#include "thread.h"

#define STACK      8192
#define ENTRY_CODE 42
#ifdef TLS_CONTROL_BYTES /* aarch64 */
#define TLS_BLOCK (start.tls_alignment > 16 ? start.tls_alignment : 16)
#else
#define TLS_BLOCK 0
#endif

uint64_t fake_thread_pointer;

static char order[16];
static struct message_page page;
static struct start_info start;
static const uint8_t image[] = {1, 2, 3, 4, 5};

static void note(char what)
{
    order[strlen(order)] = what;
}

static void init_a(void)
{
    note('a');
}

static void init_b(void)
{
    note('b');
}

static void fini_c(void)
{
    note('c');
}

static void fini_d(void)
{
    note('d');
}

/* The storage as the object sees it; TLS_BLOCK as the psABI of the architecture has it. */
static void check_block(uint64_t pointer)
{
    const uint8_t *block = (const uint8_t *)(uintptr_t)(pointer + TLS_BLOCK);
    CHECK((uintptr_t)block % start.tls_alignment == 0);
    CHECK(memcmp(block, image, sizeof(image)) == 0);
    for (uint64_t i = sizeof(image); i < start.tls_size; i++) {
        CHECK(block[i] == 0);
    }
}

static int entry(const struct start_info *info)
{
    CHECK(info == &start && message_page() == &page);
    check_block(fake_thread_pointer);
    note('e');
    return ENTRY_CODE;
}

static void check_thread_setup(void)
{
    static uint8_t stack[STACK];
    for (unsigned offset = 0; offset < 64; offset += 16) {
        uint8_t *top = (uint8_t *)(((uintptr_t)stack + STACK - 128) & ~(uintptr_t)63) + offset;
        memset(stack, 0xcc, sizeof(stack));
        uint8_t *low = thread_setup(&start, &page, top, &fake_thread_pointer);
        CHECK((uintptr_t)low % 16 == 0 && low < top && low > stack + STACK / 2);
        CHECK(message_page() == &page);
        check_block(fake_thread_pointer);
        CHECK(fake_thread_pointer + TLS_BLOCK + start.tls_size <= (uint64_t)(uintptr_t)top);
        CHECK(fake_thread_pointer - TLS_CONTROL_BELOW >= (uint64_t)(uintptr_t)low);
        CHECK(low[-1] == 0xcc && *top == 0xcc);
    }
}

static void check_find(void)
{
    static const struct start_handle handles[] = {
        {"account", 3, {0}}, {"port", 4, {0}}, {"exactlytwentyfour_bytes_", 5, {0}}};
    start.handles = (uint64_t)(uintptr_t)handles;
    start.handle_count = 3;
    CHECK(start_handle_find(&start, "port") == &handles[1]);
    CHECK(start_handle_find(&start, "por") == NULL && start_handle_find(&start, "ports") == NULL);
    CHECK(start_handle_find(&start, "exactlytwentyfour_bytes_x") == NULL);
}

void task_exit(int64_t code)
{
    CHECK(code == ENTRY_CODE && strcmp(order, "abedc") == 0);
    exit(0);
}

int main(void)
{
    static void (*const init[])(void) = {init_a, init_b};
    static void (*const fini[])(void) = {fini_c, fini_d};
    start.message_page = (uint64_t)(uintptr_t)&page;
    start.entry = (uint64_t)(uintptr_t)entry;
    start.init_array = (uint64_t)(uintptr_t)init;
    start.init_count = 2;
    start.fini_array = (uint64_t)(uintptr_t)fini;
    start.fini_count = 2;
    start.tls_image = (uint64_t)(uintptr_t)image;
    start.tls_file_size = sizeof(image);
    for (start.tls_alignment = 1; start.tls_alignment <= 64; start.tls_alignment *= 2) {
        for (start.tls_size = sizeof(image); start.tls_size < 80; start.tls_size += 7) {
            check_thread_setup();
        }
    }
    check_find();
    start.tls_alignment = 32;
    task_enter(&start);
    return 1;
}
