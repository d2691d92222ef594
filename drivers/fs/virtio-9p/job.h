/*
 * A client's call on its way: a sequence of messages to the host, one at a time; the slot of the
 * channel is the job's number. Each message names what happens when its reply is there (`then`),
 * which sends the next one or finishes the job. Jobs of different calls go on side by side.
 *
 * job_finish() answers the client first and then lets go of the fids that the job had for itself.
 * Fids: 0 is the shared directory; 1 + place that of an opening; two more for each job.
 *
 * The fid of an opening is used by jobs that count themselves in `users`; it is given back when the
 * opening is closed and the last of them has ended.
 */
#ifndef JOB_H
#define JOB_H

#include "channel.h"
#include "ninep.h"
#include "openings.h"
#include "positions.h"
#include "server.h"

enum job_fid { JOB_FID_A, JOB_FID_B };

struct job {
    bool used;
    uint32_t number;
    handle_t reply;          /* of the client; 0: none, or answered */
    struct opening *opening; /* that the call is about; null: the shared directory */
    void (*answer)(struct job *job, handle_t reply); /* with OK */

    struct ninep_writer writer; /* the request that is being made */
    enum ninep_type type;
    uint16_t tag;
    uint32_t request_bytes;
    uint32_t reply_bytes; /* kept for the reply, without data */
    struct channel_data data;
    uint32_t data_bytes; /* 0: the message has no data of its own */
    bool stalled;        /* the queue is full */
    void (*then)(struct job *job, status_t status);
    struct ninep_reader reader; /* of the reply; valid within `then` */
    uint32_t received;

    const char *walk_path;
    size_t walk_length;
    size_t walk_at;
    uint32_t walk_asked;
    uint32_t walk_fid;
    bool walk_begun; /* walk_fid exists */
    void (*walk_then)(struct job *job, status_t status);
    struct ninep_qid qid; /* of what was walked to */

    bool held[2]; /* by enum job_fid: to be let go of */
    struct path path;
    struct path other;

    uint32_t fid;                   /* that the operation is about */
    void (*begin)(struct job *job); /* once there is that fid, or it is its turn */
    uint32_t flags;                 /* of open, or of a transfer, FILE_ */
    bool may_create;
    uint32_t kind;        /* FILE_KIND_ of what was found */
    struct opening *made; /* by open; its fid exists if `made_fid` */
    bool made_fid;
    handle_t endpoint;
    uint64_t offset; /* of a transfer (while it waits, by its client); or position in a directory */
    uint32_t length;
    handle_t pin;
    uint64_t absent; /* of RETRY_TOUCH */
    struct ninep_attributes attributes;
    struct ninep_space space;
    uint64_t value;   /* size or time to be set */
    uint64_t badge;   /* of the directory that is listed, the file that is read or written */
    bool at_position; /* a transfer at the position of `badge`: one at a time */
    bool waits;       /* for its turn there */
    uint32_t turn;
    uint64_t next;    /* position behind the entry in `other` */
    uint32_t skipped; /* entries left out */
};

struct session {
    struct server *server;
    struct channel channel;
    struct openings openings;
    struct positions *positions; /* in the state store */
    uint32_t data_bytes;         /* that one message can carry */
    uint32_t users[OPENINGS];
    bool has_fid[OPENINGS];
    bool closing[OPENINGS];
};
extern struct session session;

/* Takes a call away for a job. GONE: its badge is of nothing. BUSY: CHANNEL_SLOTS others run. */
SINTER_MUST_CHECK status_t job_begin(struct call *call,
                                     void (*answer)(struct job *job, handle_t reply),
                                     struct job **job);
/* A job without a client; null: CHANNEL_SLOTS others run. */
struct job *job_begin_own(void);

/* Begins a request, to be filled by ninep_put_ functions with job->writer. */
struct ninep_writer *job_message(struct job *job, enum ninep_type type);
/* Sends it. The reply's status comes to `then`: IO_ERROR if it is malformed. */
void job_send(struct job *job, void (*then)(struct job *job, status_t status));

/*
 * Walks to a path, which has to stay where it is, and makes `fid` name it. NOT_FOUND, NOT_DIRECTORY
 * and what else the host says; job->qid is what was found.
 */
void job_walk(struct job *job, const char *path, size_t length, uint32_t fid,
              void (*then)(struct job *job, status_t status));
/* The same with a fid of the job's own. */
void job_walk_own(struct job *job, const char *path, size_t length, enum job_fid fid,
                  void (*then)(struct job *job, status_t status));
uint32_t job_own_fid(const struct job *job, enum job_fid fid);
/* Lets go of one before the job ends. */
void job_drop(struct job *job, enum job_fid fid, void (*then)(struct job *job, status_t status));

/* Asks for the attributes of a fid; they are in job->attributes. IO_ERROR if malformed. */
void job_attributes(struct job *job, uint32_t fid, void (*then)(struct job *job, status_t status));

void job_finish(struct job *job, status_t status);

/* Begins a transfer at its position when no other is there, in the order of these calls: where it
 * goes is known only then. */
void job_take_turn(struct job *job);

/* Takes what the host has answered. False: the device is broken. */
bool jobs_progress(void);
/* Whether any runs. */
bool jobs_run(void);
/* A client gives up: ends its job if the host has not heard of it. */
void jobs_cancel(handle_t reply);

uint32_t opening_fid(const struct opening *opening);
/* It is closed: its place becomes free, once the host has let go of its fid. */
void opening_release(struct opening *opening);

#endif
