/*
 * sinter-script: checks scripts of init's language on the host, as `svc check` does on the system.
 *
 *     sinter-script FILE...   prints each error as FILE:LINE: text
 *
 * Exit status: 0 no errors, 1 errors or an unreadable file, 2 wrong use.
 */
#include <stdio.h>
#include <stdlib.h>

#include "svc_check.h"

enum { EXIT_TROUBLE = 2 };

int main(int count, char **words)
{
    int status = EXIT_SUCCESS;
    if (count < 2) {
        fputs("usage: sinter-script FILE...\n", stderr);
        return EXIT_TROUBLE;
    }
    for (int i = 1; i < count; i++) {
        status = svc_check(words[i]) == EXIT_SUCCESS ? status : EXIT_FAILURE;
    }
    return status;
}
