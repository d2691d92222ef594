/* true: succeeds. */
#include "note.h"

PROGRAM_NOTE("true", "true: succeeds");

int main(void)
{
    return 0;
}
