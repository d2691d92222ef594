/*
 * Checking a script of init's language, without running it.
 */
#ifndef PROGRAMS_SVC_CHECK_H
#define PROGRAMS_SVC_CHECK_H

/* Prints each error as FILE:LINE: text; answers the exit status. */
int svc_check(const char *path);

#endif
