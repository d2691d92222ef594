/*
 * What outlives a reset: see kept.h.
 */
#include "kept.h"

#include "init.h"
#include "notice.h"
#include "service.h"

enum { COLUMN_TIME = 6, COLUMN_CRASH = 20 };

_Static_assert((int)CRASH_NAME == (int)SCRIPT_NAME && (int)CRASH_WHAT == (int)NOTICE_LINE &&
                   (int)CRASH_TEXT == (int)SERVICE_REPORT,
               "a record holds a whole report");

struct kept kept;

static void tell(void)
{
    uint32_t crashes = 0;
    for (uint32_t age = 0; age < CRASH_RECORDS; age++) {
        crashes += crash_store_at(&kept.crashes, age) != NULL;
    }
    if (kept_log_has_panic(&kept.log)) {
        log_line("the boot before ended in a kernel panic; `dmesg --previous` shows its log");
    }
    if (crashes != 0) {
        log_line("%u crash%s before this boot; `svc crashes` lists them", (unsigned)crashes,
                 crashes == 1 ? "" : "es");
    }
}

void kept_begin(const struct start_info *info)
{
    const struct start_handle *found = start_handle_find(info, "kept");
    uint64_t mapped = 0;
    if (found == NULL || found->extra[1] < sizeof(struct kept_log) ||
        space_map(0, found->handle, 0, found->extra[0], found->extra[1], MAP_READ | MAP_WRITE,
                  &mapped) != STATUS_OK) {
        log_line("nothing is kept over a reset: its memory cannot be mapped");
        return;
    }
    struct kept_log *log = (struct kept_log *)(uintptr_t)mapped;
    (void)kept_log_open(log, &kept.log);
    crash_store_open(&kept.crashes, log + 1, found->extra[1] - sizeof(*log));
    tell();
}

void kept_add(const char *name, uint64_t time, const char *what, const char *text)
{
    crash_store_add(&kept.crashes, name, time, what, text);
}

/* `this` boot, or `-1`, the one before. */
static void put_boot(struct text *text, const struct crash_record *record)
{
    if (record->boot == kept.crashes.boot) {
        text_put(text, "this");
    } else {
        text_put_signed(text, -(int64_t)(kept.crashes.boot - record->boot));
    }
}

static void put_row(struct text *text, const struct crash_record *record)
{
    put_boot(text, record);
    text_put_column(text, COLUMN_TIME);
    text_put_seconds(text, record->time);
    text_put_column(text, COLUMN_CRASH);
    TEXT_PUT(text, record->name, " ", record->what, "\n");
}

static void put_report(struct text *text, const struct crash_record *record)
{
    text_put(text, "boot ");
    put_boot(text, record);
    text_put(text, ", after ");
    text_put_seconds(text, record->time);
    TEXT_PUT(text, ":\n", record->text);
}

void kept_text(struct text *text, const char *name, bool earlier_boots_only)
{
    static const char heading[] = "BOOT  TIME          CRASH\n";
    bool all = name[0] == '\0';
    size_t empty = text->used;
    for (uint32_t age = 0; age < CRASH_RECORDS; age++) {
        const struct crash_record *record = crash_store_at(&kept.crashes, age);
        if (record == NULL || (!all && !text_same(record->name, name)) ||
            (earlier_boots_only && record->boot == kept.crashes.boot)) {
            continue;
        }
        if (all) {
            text_put(text, text->used == empty ? heading : "");
            put_row(text, record);
        } else {
            put_report(text, record);
        }
    }
    if (text->used == empty) {
        TEXT_PUT(text, "no crash ", all ? "" : "of ", name, all ? "" : " ", "is on record\n");
    }
}
