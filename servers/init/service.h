/*
 * Services: what is declared, their states, and what stays from instance to instance.
 *
 *   STOPPED -> LOADING -> STARTING -> RUNNING -> STOPPING -> STOPPED
 *   STOPPED -> LOADING -> IDLE -> LOADING ...: its note is known; its first use starts it
 * An instance that ends by itself leads to RESTARTING, FAILED or STOPPED, by policy.h. All
 * functions are for the main thread and return at once.
 */
#ifndef INIT_SERVICE_H
#define INIT_SERVICE_H

#include "device.h"
#include "instance.h"
#include "script.h"
#include "worker.h"

enum service_state {
    SERVICE_STOPPED,
    SERVICE_LOADING,
    SERVICE_STARTING,
    SERVICE_RUNNING,
    SERVICE_STOPPING,
    SERVICE_RESTARTING,
    SERVICE_FAILED,
    SERVICE_IDLE,
};

enum { SERVICE_REASON = 200, SERVICE_REPORT = 3072 };

struct service {
    bool used;
    char name[SCRIPT_NAME];
    struct script_options options;
    struct boot_file *object;
    struct device *device; /* null: serves none */
    struct device *former; /* that it had, and that another service has in its place; null: none */
    uint32_t number;       /* among the services of the same object: 0 is the first */

    enum service_state state;
    bool disabled;       /* it is not to be started */
    bool awaits;         /* LOADING, STOPPING: it is to be IDLE next */
    bool stop_wanted;    /* LOADING: by command */
    bool refused;        /* STARTING: it said why it cannot start, and will exit */
    bool restart_wanted; /* STOPPING: another instance follows */
    uint64_t since;      /* when it came into the state */
    uint64_t deadline;   /* when the state is to end; INIT_NEVER */
    uint64_t turn;       /* among the starts by hand of all services */
    uint64_t stop_asked; /* when it was last to be stopped for good */
    uint64_t overdue;    /* when it was last ended because it did not stop in its time */
    uint64_t next_ping;
    uint32_t missed;     /* heartbeats in a row */
    uint64_t cpu_time;   /* ns, of its first thread, at the last heartbeat that was missed */
    uint64_t inspected;  /* until then its threads are waited for, to take evidence; 0: no */
    uint32_t in_a_row;   /* restarts: see policy.h */
    uint32_t restarts;   /* since it was last started by hand */
    uint64_t instead_of; /* services whose failures, one after the other, have led to its start */
    uint32_t generation; /* of instances; part of their badges */

    handle_t account; /* kept from instance to instance, as all that follow */
    handle_t port;
    handle_t control;
    handle_t alive;
    handle_t store; /* state store; 0: none was asked for */
    uint64_t store_size;

    struct instance instance;
    bool ending;        /* it is being killed; what follows has not begun */
    bool notice_wanted; /* people were told of the crash: tell them that it runs again */
    uint32_t
        names_refused; /* 1 + generation of the last one that was told so of names under /dev */
    handle_t supervisor_endpoint, fault_endpoint; /* of the instance */
    handle_t starter;            /* of the instance, to start programs; 0: it may not */
    handle_t root;               /* of the instance, its own root directory; 0: it has none */
    char reason[SERVICE_REASON]; /* why the last instance ended */
    char line[INSTANCE_LINE];    /* the worker's: why it could not be built */
    char report[SERVICE_REPORT]; /* of the last crash */
    status_t built;              /* the worker's: how that went */
    struct job job;
};

extern struct service services[INIT_SERVICES];

const char *service_state_name(enum service_state state);
/* The same, but `disabled` for one that is stopped and stays so. */
const char *service_state_text(const struct service *service);
struct service *service_find(const char *name);
uint32_t service_slot(const struct service *service);
/* The service whose instance has this badge; null: it is of an earlier one. */
struct service *service_of_badge(uint64_t badge);

/* A new entry, or the present one; null: the table is full. */
struct service *service_declare(const char *name);
/* It has no instance, and none is on its way. */
static inline bool service_is_down(const struct service *service)
{
    return service->state == SERVICE_STOPPED || service->state == SERVICE_FAILED ||
           service->state == SERVICE_IDLE;
}

/* Whether it runs foreign programs. */
bool service_is_personality(const struct service *service);
/* Whether it has an instance that is not being stopped. */
bool service_is_up(const struct service *service);
/* Whether it is neither on its way up nor on its way down. */
bool service_is_settled(const struct service *service);

/* Begins an instance, but at the end of the system; there is none, and nothing else begins one. */
void service_launch(struct service *service);
/* Nothing happens to one that is disabled. */
void service_start(struct service *service);
/* The same in place of others that have failed; their bits are kept until it has run for a while,
 * or is started otherwise. */
void service_start_instead(struct service *service, uint64_t failed);
/* Makes it IDLE, unless it is up, on its way up, or disabled; when it is down if it is stopping. */
void service_await(struct service *service);
/* It has a place in the namespace: one that is IDLE gets the port that its clients call. */
void service_mounted(struct service *service);
void service_enable(struct service *service);
/* One that runs goes on until it is stopped. */
void service_disable(struct service *service);
void service_stop(struct service *service);
void service_restart(struct service *service);
/* Ends the instance; the policy decides what follows. `why` becomes the reason. */
void service_kill(struct service *service, const char *why);
void service_ready(struct service *service);
/* The server said why it cannot start; it will exit. */
void service_refused(struct service *service, const char *why);

/* People have been told of its crash: they hear when it runs again. */
void service_noticed(struct service *service);

/* On the worker: makes an instance; service->line tells why it could not. */
SINTER_MUST_CHECK status_t service_build(struct service *service);

/* On the worker: reads the note of one that shall be IDLE. */
SINTER_MUST_CHECK status_t service_prepare(struct service *service);
/* What all instances use, if it is not there: account, port, events. */
SINTER_MUST_CHECK status_t service_make_lasting(struct service *service);

/* Looks after instances that have died, and what is due; answers when to look again. */
void service_reap(uint64_t death_bits);
uint64_t service_tick(uint64_t now);

#endif
