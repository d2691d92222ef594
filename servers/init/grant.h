/*
 * What a service is given: exactly what its note asks for, if the script allows it.
 */
#ifndef INIT_GRANT_H
#define INIT_GRANT_H

#include "service.h"

/* False: `line` is the refusal. */
bool grant_check(const struct service *service, char line[INSTANCE_LINE]);
/* On the worker: makes what is missing and adds the handles to the plan. */
bool grant_service(struct service *service, struct instance_plan *plan, char line[INSTANCE_LINE]);
/* What a program gets beside its files and the endpoints that are its own. */
void grant_program(const struct object_note *note, uint32_t allow, struct instance_plan *plan);
/* Limits of an account: `pages` 0 means the default. */
SINTER_MUST_CHECK status_t grant_account(uint64_t pages, uint64_t kernel_bytes, handle_t *account);

#endif
