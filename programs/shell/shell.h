/*
 * The shell: its state and what its parts offer each other. From the bottom: arena, lexer, parser,
 * arithmetic, expand, variables, history, editor, complete (text only, tested on the host); words
 * (expansion with the system behind it), program (finding and starting), jobs, terminal; then
 * pipeline, execute and builtins, which call each other; input and main on top.
 */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "arena.h"
#include "expand.h"
#include "history.h"
#include "parser.h"
#include "program.h"
#include "variables.h"

#define STATUS_FAILURE         1
#define STATUS_USAGE           2
#define STATUS_CANNOT_RUN      126
#define STATUS_UNKNOWN_COMMAND 127
#define STATUS_KILLED          128 /* and more: a signal or a fault */
#define STATUS_INTERRUPT       130 /* 128 + SIGINT */
#define STATUS_TERMINATED      143 /* 128 + SIGTERM */
#define STATUS_MASK            0xff

#define SHELL_DEPTH_LIMIT 200 /* of execution, for instance of `source` in a sourced file */

/* What the standard files of a command are. */
struct io {
    int files[3];
};

struct shell {
    struct variables variables;
    const char *name;  /* $0 */
    char **parameters; /* $1 and following */
    size_t parameter_count;
    int status;                  /* $? */
    char background[CHILD_NAME]; /* $!, empty: none yet */
    struct history history;
    bool interactive;
    bool exit_on_failure; /* set -e */
    bool trace;           /* set -x */
    unsigned conditions;  /* conditions being evaluated, in which set -e sleeps */
    unsigned loops;       /* loops being run */
    unsigned leave;       /* loops that `break` or `continue` still has to leave */
    bool again;           /* the last of them goes on (continue) */
    bool exiting;
    unsigned depth;
    char number[24]; /* the last special parameter that was asked for */
};

/* Whether commands are not to be run for now: exit, break, continue or ^C. */
bool shell_stopping(const struct shell *shell);

/* Prints a message of the shell, with its name before it and a line end behind. */
void shell_complain(const struct io *io, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void shell_print(int file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* words: expansion. Failures have been printed. */

/* The fields of all words, ended by null; null on failure. */
char **words_expand(struct shell *shell, const struct io *io, struct arena *arena,
                    const struct word *words, size_t *count);
/* A word as one text; null on failure. */
char *words_expand_text(struct shell *shell, const struct io *io, struct arena *arena,
                        const char *word);
/* Calls `found` with the names in a directory, sorted, and whether each is a directory. */
void words_list(const char *path, void (*found)(void *, const char *, bool), void *context);
/* What can stand behind `svc`, for completion: in place 1 its words, in place 2 services. */
void service_words_list(unsigned place, void (*found)(void *, const char *, bool), void *context);

/* program: finding and starting. */

/* Puts the path of the object that a command's name stands for; false if there is none. */
bool program_find(const struct shell *shell, const char *name, char path[]);
/* Starts a program. On failure the reason is printed and the exit status that fits answered. */
int program_start(struct shell *shell, char **arguments, char *const *environment,
                  const struct io *io, struct child *child);
/* Starts a further shell that runs `text` with all variables and parameters of this one. */
int program_start_shell(struct shell *shell, const char *text, size_t length, const struct io *io,
                        struct child *child);

/* execute, pipeline. */

int execute(struct shell *shell, const struct node *node, const struct io *io);
/* Runs a text, command by command; `origin` names it in messages. */
int execute_text(struct shell *shell, const char *text, size_t length, const char *origin,
                 const struct io *io);
int execute_file(struct shell *shell, const char *path, const struct io *io);
/* The exit status of a whole pipeline, command or anything else that is run as children. */
int pipeline_run(struct shell *shell, const struct node *node, const struct io *io);
int pipeline_background(struct shell *shell, const struct node *node, const struct io *io);
/* Puts what the text prints into the arena; null if it could not be run. */
const char *pipeline_capture(struct shell *shell, const char *text, size_t length,
                             const struct io *io, struct arena *arena);
/* Starts a simple command whose words are expanded; 0, or the exit status of the failure. */
int pipeline_start(struct shell *shell, char **words, size_t count, const struct io *io,
                   struct arena *arena, struct child *child);

/* redirect. */

#define OPENED_LIMIT 16

struct opened {
    int files[OPENED_LIMIT];
    size_t count;
};

/* Applies redirections to *io. False if one fails, which is printed. What was opened has to be
 * closed by redirect_close() in either case. */
bool redirect(struct shell *shell, const struct redirection *redirections, struct io *io,
              struct opened *opened, struct arena *arena);
void redirect_close(struct opened *opened);

/* builtins. */

typedef int builtin_function(struct shell *shell, int count, char **words, const struct io *io);

builtin_function *builtin_find(const char *name);
/* The name of the builtin at `index`, or null after the last. */
const char *builtin_name(size_t index);

/* terminal and input. */

/* Whether ^C has been typed since the last terminal_begin(). */
bool terminal_interrupted(void);
void terminal_forget_interrupt(void);
/* Watches for ^C on descriptor 0 from now on. */
void terminal_start(void);
/* Children to kill at ^C. False if there are too many: then ^C spares this one. */
bool terminal_add_foreground(handle_t process);
void terminal_remove_foreground(handle_t process);
/* The event by which a waiting shell is woken: TERMINAL_ bits. */
#define TERMINAL_INTERRUPT ((uint64_t)1)
#define TERMINAL_JOB       ((uint64_t)2)
handle_t terminal_event(void);

enum input_result { INPUT_LINE, INPUT_INTERRUPT, INPUT_END };

/* Edits a line on the terminal; *line is valid until the next call. */
enum input_result input_edit(struct shell *shell, const char *prompt, const char **line);
/* After a program that may have had no time to leave the terminal as it was. */
void input_take_terminal_back(void);
/* Runs what descriptor 0 gives, until its end. */
int input_run(struct shell *shell, const struct io *io);

/* candidates: what tab does. */
struct editor;
void candidates_complete(struct shell *shell, struct editor *editor);

#endif
