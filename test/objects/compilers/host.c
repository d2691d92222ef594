/* Prints on the host what the servers should answer; work.c or work.cpp comes before this. */
#include <stdio.h>

#include "answer.h"

int main(void)
{
    printf("%016llx\n", (unsigned long long)answer_work(ANSWER_SEED));
    return 0;
}
