/* Memory for one command line, and allocation that ends the shell when there is none. */
#include "arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE     ((size_t)4000)
#define EXIT_NO_MEMORY 2

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) char data[];
};

void *checked_resize(void *memory, size_t size)
{
    void *result = realloc(memory, size);
    if (result == NULL && size != 0) {
        fprintf(stderr, "shell: no memory for %lu bytes; its account or heap is full\n",
                (unsigned long)size);
        exit(EXIT_NO_MEMORY);
    }
    return result;
}

void *checked_allocate(size_t size)
{
    return checked_resize(NULL, size);
}

char *checked_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(checked_allocate(size), text, size);
}

static void arena_grow(struct arena *arena, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct arena_block *block = checked_allocate(sizeof(*block) + room);
    block->next = arena->blocks;
    block->used = 0;
    block->size = room;
    arena->blocks = block;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    size_t mask = alignof(max_align_t) - 1;
    size = (size + mask) & ~mask;
    if (arena->blocks == NULL || arena->blocks->size - arena->blocks->used < size) {
        arena_grow(arena, size);
    }
    void *result = arena->blocks->data + arena->blocks->used;
    arena->blocks->used += size;
    return memset(result, 0, size);
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *result = arena_allocate(arena, length + 1);
    return memcpy(result, text, length);
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
