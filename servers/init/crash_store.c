/*
 * The reports of the last crashes: see crash_store.h.
 */
#include "crash_store.h"

#include "memory.h"

#define HEAD_MAGIC   0x53485243u /* "CRHS" */
#define RECORD_MAGIC 0x52485243u /* "CRHR" */
#define FNV_OFFSET   2166136261u /* FNV-1a, 32 bits */
#define FNV_PRIME    16777619u
#define COUNT_MOST   (UINT64_C(1) << 32) /* no machine boots or crashes that often */

struct head {
    uint32_t magic;
    uint32_t check; /* of `boot` */
    uint64_t boot;
};

static uint32_t checksum(const void *bytes, size_t size)
{
    uint32_t sum = FNV_OFFSET;
    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * FNV_PRIME;
    }
    return sum;
}

static uint32_t record_checksum(const struct crash_record *record)
{
    size_t from = offsetof(struct crash_record, number);
    return checksum((const uint8_t *)record + from, sizeof(*record) - from);
}

static bool is_text_byte(char c)
{
    return (c >= ' ' && c <= '~') || c == '\n' || c == '\t';
}

static bool is_text(const char *bytes, size_t size)
{
    size_t length = 0;
    while (length < size && is_text_byte(bytes[length])) {
        length++;
    }
    return length < size && bytes[length] == '\0';
}

static bool is_good(const struct crash_store *store, const struct crash_record *record)
{
    return record->magic == RECORD_MAGIC && record->check == record_checksum(record) &&
           record->number != 0 && record->number < COUNT_MOST &&
           &store->records[record->number % CRASH_RECORDS] == record && record->boot != 0 &&
           record->boot < store->boot && is_text(record->name, sizeof(record->name)) &&
           is_text(record->what, sizeof(record->what)) &&
           is_text(record->text, sizeof(record->text));
}

static void begin_boot(struct crash_store *store, struct head *head)
{
    bool known = head->magic == HEAD_MAGIC && head->boot < COUNT_MOST &&
                 head->check == checksum(&head->boot, sizeof(head->boot));
    store->boot = known ? head->boot + 1 : 1;
    *head = (struct head){HEAD_MAGIC, checksum(&store->boot, sizeof(store->boot)), store->boot};
}

void crash_store_open(struct crash_store *store, void *bytes, size_t size)
{
    *store = (struct crash_store){0};
    if (size < sizeof(struct head) + CRASH_RECORDS * sizeof(struct crash_record)) {
        return;
    }
    begin_boot(store, bytes);
    store->records = (struct crash_record *)(void *)((uint8_t *)bytes + sizeof(struct head));
    for (uint32_t i = 0; i < CRASH_RECORDS; i++) {
        struct crash_record *record = &store->records[i];
        if (!is_good(store, record)) {
            record->magic = 0;
        } else if (record->number > store->last) {
            store->last = record->number;
        }
    }
}

/* Into bytes that are zero. */
static void put(char *to, size_t size, const char *from)
{
    for (size_t i = 0; i + 1 < size && from[i] != '\0'; i++) {
        to[i] = is_text_byte(from[i]) ? from[i] : '?';
    }
}

void crash_store_add(struct crash_store *store, const char *name, uint64_t time, const char *what,
                     const char *text)
{
    if (store->records == NULL) {
        return;
    }
    store->last++;
    struct crash_record *record = &store->records[store->last % CRASH_RECORDS];
    memset(record, 0, sizeof(*record));
    record->number = store->last;
    record->boot = store->boot;
    record->time = time;
    put(record->name, sizeof(record->name), name);
    put(record->what, sizeof(record->what), what);
    put(record->text, sizeof(record->text), text);
    record->check = record_checksum(record);
    record->magic = RECORD_MAGIC;
}

const struct crash_record *crash_store_at(const struct crash_store *store, uint32_t age)
{
    if (store->records == NULL || age >= CRASH_RECORDS || age >= store->last) {
        return NULL;
    }
    uint64_t number = store->last - age;
    const struct crash_record *record = &store->records[number % CRASH_RECORDS];
    return record->magic == RECORD_MAGIC && record->number == number ? record : NULL;
}
