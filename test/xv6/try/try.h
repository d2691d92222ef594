/* What the tests of `try` share. Each test is a function that runs in a process of its own, in the
 * root directory; it passes if that process ends with status 0. What is not as expected ends it
 * with a line that says so. A test leaves no files behind. */
#pragma once

#include "xv6.h"

#define KILLED    (-1) /* status of a process that was ended by another or by a fault */
#define COUNT(of) ((int)(sizeof(of) / sizeof((of)[0])))

extern const char *test_name;
extern char buffer[(OPERATION_BLOCKS + 2) * BLOCK]; /* more than one transaction of the log */

void expect(bool holds, const char *what);
void expect_is(long got, long expected, const char *what);
void note(const char *what); /* where versions of xv6 differ and this one is an older */

int start_child(void);           /* fork, which has to work */
int child_status(void);          /* waits for one child, which has to be there */
void expect_children(int count); /* that many end with status 0 */
void expect_killed(void (*action)(uintptr_t argument), uintptr_t argument, const char *what);
void make_pipe(int ends[2]);

int make_file(const char *path); /* empty, for reading and writing */
void put_file(const char *path, const void *bytes, int count);
void expect_absent(const char *path);
void remove_name(const char *path);
void number_name(char *name, char first, int number); /* "f042": 4 characters and a zero */

int free_pages(void); /* that this process could still have */
static inline uintptr_t page_up(uintptr_t address)
{
    return (address + PAGE - 1) / PAGE * PAGE;
}

/* Of the machine: registers.S. 0 if a system call leaves all registers but that of its result. */
uint64_t changed_registers(void);
int call_none(void), call_unknown(void), call_negative(void); /* numbers that no call has */

/* `try -arguments ...`, which try_exec_arguments runs: the status. */
int check_arguments(int argument_count, char **arguments);

enum test_kind {
    QUICK,
    SLOW,
    NEWEST, /* an xv6 of before 2026 does not stand it; only with -a or by name */
};

/* All tests, in the order in which they run. */
#define TESTS(TEST)                                                                                \
    TEST(registers, QUICK)                                                                         \
    TEST(numbers, QUICK)                                                                           \
    TEST(descriptors, QUICK)                                                                       \
    TEST(descriptor_limit, QUICK)                                                                  \
    TEST(modes, QUICK)                                                                             \
    TEST(fstat, QUICK)                                                                             \
    TEST(device, QUICK)                                                                            \
    TEST(ticks, QUICK)                                                                             \
    TEST(copyin, QUICK)                                                                            \
    TEST(copyout, QUICK)                                                                           \
    TEST(copyout_text, QUICK)                                                                      \
    TEST(copyin_text, QUICK)                                                                       \
    TEST(copyinstr1, QUICK)                                                                        \
    TEST(copyinstr2, QUICK)                                                                        \
    TEST(copyinstr3, QUICK)                                                                        \
    TEST(rwsbrk, QUICK)                                                                            \
    TEST(negative_count, QUICK)                                                                    \
    TEST(wild_exec, QUICK)                                                                         \
    TEST(bad_argument, QUICK)                                                                      \
    TEST(string_pages, QUICK)                                                                      \
    TEST(wait_pointer, QUICK)                                                                      \
    TEST(truncate1, QUICK)                                                                         \
    TEST(truncate2, QUICK)                                                                         \
    TEST(truncate3, QUICK)                                                                         \
    TEST(open, QUICK)                                                                              \
    TEST(write_small, QUICK)                                                                       \
    TEST(write_big, QUICK)                                                                         \
    TEST(unlink_read, QUICK)                                                                       \
    TEST(big_write, QUICK)                                                                         \
    TEST(big_file, QUICK)                                                                          \
    TEST(two_offsets, QUICK)                                                                       \
    TEST(create_many, QUICK)                                                                       \
    TEST(iput_chdir, QUICK)                                                                        \
    TEST(iput_exit, QUICK)                                                                         \
    TEST(iput_open, QUICK)                                                                         \
    TEST(directories, QUICK)                                                                       \
    TEST(links, QUICK)                                                                             \
    TEST(tree, QUICK)                                                                              \
    TEST(fourteen, QUICK)                                                                          \
    TEST(remove_dots, QUICK)                                                                       \
    TEST(directory_or_file, QUICK)                                                                 \
    TEST(deep_directories, QUICK)                                                                  \
    TEST(shared_offset, QUICK)                                                                     \
    TEST(shared_directory, QUICK)                                                                  \
    TEST(four_files, QUICK)                                                                        \
    TEST(create_delete, QUICK)                                                                     \
    TEST(create_together, QUICK)                                                                   \
    TEST(link_unlink, QUICK)                                                                       \
    TEST(pipe, QUICK)                                                                              \
    TEST(pipe_full, QUICK)                                                                         \
    TEST(pipe_ends, QUICK)                                                                         \
    TEST(broken_pipe, QUICK)                                                                       \
    TEST(exec, QUICK)                                                                              \
    TEST(exec_arguments, QUICK)                                                                    \
    TEST(exec_big_arguments, QUICK)                                                                \
    TEST(exec_refused, QUICK)                                                                      \
    TEST(kill_running, QUICK)                                                                      \
    TEST(kill_waiting, QUICK)                                                                      \
    TEST(preempt, QUICK)                                                                           \
    TEST(exit_wait, QUICK)                                                                         \
    TEST(reparent, QUICK)                                                                          \
    TEST(two_children, QUICK)                                                                      \
    TEST(fork_fork, QUICK)                                                                         \
    TEST(fork_storm, QUICK)                                                                        \
    TEST(reparent_two, QUICK)                                                                      \
    TEST(fork_full, QUICK)                                                                         \
    TEST(heap, QUICK)                                                                              \
    TEST(sbrk_basic, QUICK)                                                                        \
    TEST(sbrk_much, QUICK)                                                                         \
    TEST(sbrk_fail, QUICK)                                                                         \
    TEST(sbrk_lent, QUICK)                                                                         \
    TEST(sbrk_shrink, QUICK)                                                                       \
    TEST(sbrk_last, QUICK)                                                                         \
    TEST(sbrk_8000, QUICK)                                                                         \
    TEST(fork_memory, QUICK)                                                                       \
    TEST(bss, QUICK)                                                                               \
    TEST(stack_guard, QUICK)                                                                       \
    TEST(above_break, QUICK)                                                                       \
    TEST(no_write, QUICK)                                                                          \
    TEST(no_execute, QUICK)                                                                        \
    TEST(kernel_memory, QUICK)                                                                     \
    TEST(powers_of_two, QUICK)                                                                     \
    TEST(lazy_touch, QUICK)                                                                        \
    TEST(lazy_free, QUICK)                                                                         \
    TEST(lazy_copy, QUICK)                                                                         \
    TEST(lazy_fork, QUICK)                                                                         \
    TEST(lazy_too_much, QUICK)                                                                     \
    TEST(big_directory, SLOW)                                                                      \
    TEST(many_writes, SLOW)                                                                        \
    TEST(bad_write, SLOW)                                                                          \
    TEST(exec_without_memory, SLOW)                                                                \
    TEST(disk_full, SLOW)                                                                          \
    TEST(no_inodes, SLOW)                                                                          \
    TEST(lazy_end, NEWEST)

#define DECLARE_TEST(name, kind) void try_##name(void);
TESTS(DECLARE_TEST)
#undef DECLARE_TEST
