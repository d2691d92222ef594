/*
 * Replacing a service's object by one that the supervisor cannot find by itself.
 */
#ifndef PROGRAMS_SVC_REPLACE_H
#define PROGRAMS_SVC_REPLACE_H

#include <sinter/system.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SVC_OBJECT_MOST = 8 << 20, SVC_TEXT_LEAST = 8192 }; /* bytes: of an object; for an answer */

/* Whether `word` names a file, not an object of the boot set. */
bool svc_names_file(const char *word);
/*
 * Carries the line `replace NAME with PATH` out with the bytes of the file. *text, of *length
 * bytes, is the supervisor's answer, and the caller's to free; null, and errno, if the file cannot
 * be read.
 */
status_t svc_replace(handle_t supervisor, const char *name, const char *path, char **text,
                     uint64_t *length);

#endif
