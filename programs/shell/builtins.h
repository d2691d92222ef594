/* The builtins that have a file of their own; builtins.c has the table. */
#ifndef SHELL_BUILTINS_H
#define SHELL_BUILTINS_H

#include "shell.h"

builtin_function builtin_test;
builtin_function builtin_jobs;
builtin_function builtin_wait;
builtin_function builtin_kill;
builtin_function builtin_set;
builtin_function builtin_unset;
builtin_function builtin_export;
builtin_function builtin_read;
builtin_function builtin_shift;

/* A whole number of decimal digits, or -1. */
long builtin_number(const char *text);

#endif
