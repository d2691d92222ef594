/*
 * Memory that is freed all at once: the tree and the words of one command line. When the heap is
 * full the program ends with a message, since a shell without memory can run nothing.
 */
#ifndef SHELL_ARENA_H
#define SHELL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* null: empty */
};

/* Zeroed, aligned for any object; never null. */
void *arena_allocate(struct arena *arena, size_t size);
/* A copy of text[0..length) with an ending zero. */
char *arena_text(struct arena *arena, const char *text, size_t length);
void arena_free(struct arena *arena);

/* As malloc(), realloc() and strdup(), but never null. */
void *checked_allocate(size_t size);
void *checked_resize(void *memory, size_t size);
char *checked_text(const char *text);

#endif
