/*
 * Lines for people: see notice.h.
 */
#include "notice.h"

#include "text.h"

enum { KEPT = 8 };

static struct {
    char lines[KEPT][NOTICE_LINE];
    uint32_t posted, taken; /* counts */
    struct service *listener;
    uint64_t bits;
} notices;

void notice_post(const char *name, const char *what)
{
    struct text text = text_in(notices.lines[notices.posted++ % KEPT], NOTICE_LINE);
    TEXT_PUT(&text, "init: ", name, " ", what);
    text_make_printable(text.start); /* symbols of objects are among it */
    if (notices.posted - notices.taken > KEPT) {
        notices.taken = notices.posted - KEPT;
    }
    if (notices.listener != NULL && notices.listener->control != 0) {
        status_ignore(event_signal(notices.listener->control, notices.bits));
    }
}

size_t notice_take(struct service *listener, uint64_t bits, char line[NOTICE_LINE])
{
    notices.listener = listener;
    notices.bits = bits & CONTROL_FREE;
    if (notices.taken == notices.posted) {
        return 0;
    }
    text_copy(line, NOTICE_LINE, notices.lines[notices.taken++ % KEPT]);
    return text_length(line);
}
