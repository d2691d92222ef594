/* sha256sum [FILE...]: SHA-256 digests (FIPS 180-4) of files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "sha256.h"
#include "tool.h"

PROGRAM_NOTE("sha256sum", "sha256sum [FILE...]: prints SHA-256 digests");

static int digest_file(int file, const char *path)
{
    struct sha256 state;
    uint8_t digest[SHA256_SIZE];
    ssize_t count;
    sha256_start(&state);
    while ((count = read(file, tool_buffer, sizeof(tool_buffer))) > 0) {
        sha256_add(&state, tool_buffer, (size_t)count);
    }
    if (count < 0) {
        return tool_fail("sha256sum", path);
    }
    sha256_finish(&state, digest);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", digest[i]);
    }
    printf("  %s\n", path);
    return 0;
}

int main(int count, char **words)
{
    int result = tool_each_file("sha256sum", count - 1, words + 1, digest_file);
    return fflush(stdout) == 0 ? result : tool_fail("sha256sum", "output");
}
