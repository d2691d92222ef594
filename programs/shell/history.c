/* Typed lines, for the editor's arrows. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

void history_add(struct history *history, const char *line)
{
    const char *last = history_line(history, 1);
    if (line[strspn(line, " \t")] == '\0' || (last != NULL && strcmp(last, line) == 0)) {
        return;
    }
    if (history->count == HISTORY_LIMIT) {
        free(history->lines[0]);
        memmove(history->lines, history->lines + 1, (HISTORY_LIMIT - 1) * sizeof(char *));
        history->count--;
    }
    history->lines[history->count++] = checked_text(line);
}

const char *history_line(const struct history *history, size_t back)
{
    return back >= 1 && back <= history->count ? history->lines[history->count - back] : NULL;
}

void history_free(struct history *history)
{
    while (history->count > 0) {
        free(history->lines[--history->count]);
    }
}
