/*
 * A look at an object's note where it lies in the boot set, without the loader: whether the object
 * may drive a device that this machine has. So an object that nobody needs costs the boot no more
 * than this look. Pure.
 *
 * It judges nothing: whatever it does not understand, it leaves to the loader, whose refusal says
 * what is wrong.
 */
#ifndef INIT_PEEK_H
#define INIT_PEEK_H

#include <stdbool.h>
#include <stdint.h>

enum { PEEK_DEVICE = 256 }; /* bytes of a device's text, with its NUL */

/* Whether the machine has the device that a text of the note means. */
typedef bool peek_has(void *context, const char *device);

/* False: the note is whole, and is of no driver, or of one whose devices the machine has not. */
bool peek_may_drive(const uint8_t *bytes, uint64_t size, peek_has *has, void *context);

#endif
