/* A heap on sbrk: free pieces in a list in the order of their addresses, neighbours joined. */

#include "xv6.h"

#define GRAIN 16u /* pieces are multiples of it, and so are the addresses given out */

struct piece {
    size_t bytes; /* with this head */
    struct piece *next;
};

_Static_assert(sizeof(struct piece) == GRAIN, "what is given out is aligned");

static struct piece *free_pieces;

static struct piece *end_of(struct piece *piece)
{
    return (struct piece *)(void *)((char *)piece + piece->bytes);
}

static void join_next(struct piece *piece)
{
    if (piece->next != NULL && end_of(piece) == piece->next) {
        piece->bytes += piece->next->bytes;
        piece->next = piece->next->next;
    }
}

static void put_back(struct piece *piece)
{
    struct piece *before = NULL;

    for (struct piece *p = free_pieces; p != NULL && p < piece; p = p->next) {
        before = p;
    }
    if (before == NULL) {
        piece->next = free_pieces;
        free_pieces = piece;
    } else {
        piece->next = before->next;
        before->next = piece;
    }
    join_next(piece);
    if (before != NULL) {
        join_next(before);
    }
}

/* The break may have been moved to anywhere by the program itself. */
static bool grow(size_t bytes)
{
    size_t odd = (uintptr_t)sbrk(0) % GRAIN;
    size_t more = (bytes + PAGE - 1) / PAGE * PAGE;
    char *memory;

    if (odd != 0 && sbrk((int)(GRAIN - odd)) == SBRK_ERROR) {
        return false;
    }
    memory = sbrk((int)more);
    if (memory == SBRK_ERROR) {
        return false;
    }
    ((struct piece *)(void *)memory)->bytes = more;
    put_back((struct piece *)(void *)memory);
    return true;
}

/* Takes `bytes` from the first piece that has them, NULL if none has. What is left of it stays
 * beside the memory that sbrk gives next. */
static struct piece *take(size_t bytes)
{
    struct piece **link = &free_pieces;

    while (*link != NULL && (*link)->bytes < bytes) {
        link = &(*link)->next;
    }
    struct piece *piece = *link;
    if (piece == NULL) {
        return NULL;
    }
    if (piece->bytes == bytes) {
        *link = piece->next;
        return piece;
    }
    struct piece rest = {piece->bytes - bytes, piece->next};
    piece->bytes = bytes;
    *link = end_of(piece);
    **link = rest;
    return piece;
}

void *allocate(size_t bytes)
{
    size_t whole = (bytes + sizeof(struct piece) + GRAIN - 1) / GRAIN * GRAIN;

    if (whole < bytes || whole > INT32_MAX - 2 * PAGE) { /* sbrk takes an int */
        return NULL;
    }
    struct piece *piece = take(whole);
    if (piece == NULL && grow(whole)) {
        piece = take(whole);
    }
    return piece == NULL ? NULL : piece + 1;
}

void release(void *memory)
{
    if (memory != NULL) {
        put_back((struct piece *)memory - 1);
    }
}
