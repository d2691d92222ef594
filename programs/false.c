/* false: fails. */
#include "note.h"

PROGRAM_NOTE("false", "false: fails");

int main(void)
{
    return 1;
}
