/* The calls that terminal_personality (test/objects) has beside xv6's, in the form of lib's list.
 * All answer -1 when they are refused. */

CALL(32, int, pair_open, (void)) /* a new pair: the descriptor of its master */
CALL(33, int, pair_unlock, (int master))
CALL(34, int, pair_slave, (int master))                  /* a descriptor of the terminal */
CALL(35, int, session_begin, (void))                     /* setsid() */
CALL(36, int, terminal_take, (int terminal))             /* TIOCSCTTY */
CALL(37, int, group_set, (int pid, int group))           /* setpgid() */
CALL(38, int, foreground_set, (int terminal, int group)) /* tcsetpgrp() */
CALL(39, int, terminal_raw, (int terminal, int raw)) /* without ICANON, ECHO and ISIG; or with */
CALL(40, int, job_signal, (int pid, int signal))     /* what `kill` sends by that number */
/* Of this child, of any (0) or of a group (less than 0): the event, one of `events`, and its code;
 * 0: nothing yet, with 8 among them. */
CALL(41, int, child_wait, (int child, int events, int *code))
CALL(43, int, signal_catch, (int signal, void *handler)) /* null: what it does by default */
CALL(44, int, signal_return, (void *frame))              /* back to where the signal came */
CALL(42, int, child_signals, (void)) /* which events were signalled since this was last asked */
