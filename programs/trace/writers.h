/*
 * How records are written to stdout: as lines for people, or as a Chrome trace (JSON) for Perfetto.
 * Begin, then each record after story_begin(), then end.
 */
#ifndef TRACE_WRITERS_H
#define TRACE_WRITERS_H

#include "story.h"

struct writer {
    void (*begin)(struct story *story);
    void (*record)(struct story *story, const struct trace_record *record);
    /* `time` of the last record; `lost` records are missing. */
    void (*end)(struct story *story, uint64_t time, uint64_t lost);
};

extern const struct writer text_writer, chrome_writer;

#endif
