/* libsys/runtime/format.c against the C library's snprintf(), and where they differ on purpose. */
#include "format.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[128], theirs[128];                                                               \
        size_t length = format_text(ours, sizeof(ours), __VA_ARGS__);                              \
        int wanted = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                \
        if (strcmp(ours, theirs) != 0 || length != (size_t)wanted) {                               \
            fprintf(stderr, "%d: `%s`, not `%s`\n", __LINE__, ours, theirs);                       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void check_room(void)
{
    char small[8];
    memset(small, 'x', sizeof(small));
    CHECK(format_text(small, 5, "%s", "abcdefgh") == 4);
    CHECK(strcmp(small, "abcd") == 0 && small[5] == 'x');
    CHECK(format_text(small, 1, "%d", 5) == 0 && small[0] == '\0');
}

int main(void)
{
    char letters[3] = {'a', 'b', 'c'};
    SAME("%s", "plain");
    SAME("%d %i %u", -5, 0, 4000000000u);
    SAME("%x %X %#x", 0xbeefu, 0xbeefu, 0xbeefu);
    SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, UINT64_MAX);
    SAME("%zu|%llu", (size_t)77, 123456789012345ull);
    SAME("%hhd %hd %hhu %hu", 200, 40000, 300, 70000);
    SAME("%5d|%-5d|%05d|%-05d|", 42, 42, 42, 42);
    SAME("%05d|%08x|%#010x|%016lx", -42, 0xabu, 0xabu, UINT64_C(0x123));
    SAME("%10s|%-10s|%.2s|%.*s", "right", "left", "cut", 3, letters);
    SAME("%*d|%-*d|", 6, 7, 6, 7);
    SAME("%.3d|%6.3d|%-6.3d|%.3d", 7, 7, 7, -7);
    SAME("%c%c|%3c|%-3c|", 'o', 'k', 'x', 'y');
    SAME("%p", (void *)0x1234);
    SAME("100%% %s", "sure");
    check_room();
    return 0;
}
