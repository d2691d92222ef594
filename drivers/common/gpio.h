/*
 * General-purpose lines behind the protocol gpio, without system calls: what clients ask of the
 * lines, and the edges that they wait for. Masks have bit N for line N; times are ns since boot.
 *
 * The hardware has the state: a driver that starts again takes the lines as it finds them. Edges
 * that no opening waits for raise no interrupt and are not kept.
 */
#ifndef DRIVERS_COMMON_GPIO_H
#define DRIVERS_COMMON_GPIO_H

#include <sinter/system.h>
#include <stdbool.h>

enum {
    GPIO_LINES = 64,    /* of one controller */
    GPIO_KEPT = 64,     /* edges, of all lines */
    GPIO_OPENINGS = 32, /* that wait at times */
};

/* What the driver of a controller does. The lines that it is called with exist. */
struct gpio_device {
    uint32_t lines;                                   /* 1 to GPIO_LINES */
    bool interrupt_each;                              /* interrupt N is of line N, or 0 of all */
    uint64_t (*values)(void);                         /* of all lines */
    uint64_t (*outputs)(void);                        /* the lines that it drives */
    uint64_t (*functions)(void);                      /* those of other devices; may be null */
    void (*connect)(uint64_t lines);                  /* so that their values show; may be null */
    void (*drive)(uint64_t lines, uint64_t values);   /* as outputs, without another value before */
    void (*release)(uint64_t lines);                  /* as inputs */
    uint64_t (*pulled_up)(void);                      /* null: there are no pull-ups */
    void (*pull_up)(uint64_t lines, bool on);         /* null with it */
    void (*watch)(uint64_t rising, uint64_t falling); /* these edges from now on, and no others */
    void (*take)(uint64_t *rising, uint64_t *falling); /* the edges that came, and forgets them */
};

struct gpio_event {
    uint64_t time;
    uint32_t line;
    uint32_t event; /* GPIO_RISING and so on */
    bool lost;      /* others after `after` may be missing */
};

/* The words of the method wait. */
struct gpio_wanted {
    uint64_t rising, falling, high, low, after;
};

struct gpio_opening {
    bool used;
    uint64_t badge, rising, falling;
};

struct gpio {
    const struct gpio_device *device;
    uint64_t lines;
    uint64_t telling;         /* lines that have an interrupt */
    uint64_t rising, falling; /* watched for some opening */
    struct gpio_opening openings[GPIO_OPENINGS];
    struct gpio_event kept[GPIO_KEPT]; /* a ring, oldest first */
    uint32_t first, count;
    uint64_t last;       /* time of the newest event */
    uint64_t known_from; /* edges before this time may be missing */
};

/* telling: bit N, there is interrupt N. Turns off what an earlier instance watched. */
void gpio_init(struct gpio *gpio, const struct gpio_device *device, uint64_t telling, uint64_t now);

/* The methods of the protocol, with their errors. */
SINTER_MUST_CHECK status_t gpio_line_state(const struct gpio *gpio, uint32_t line, uint32_t *flags,
                                           uint32_t *value);
SINTER_MUST_CHECK status_t gpio_make(struct gpio *gpio, uint64_t lines, uint32_t flags,
                                     uint64_t values);
SINTER_MUST_CHECK status_t gpio_values(struct gpio *gpio, uint64_t lines, uint64_t *values);
SINTER_MUST_CHECK status_t gpio_change(struct gpio *gpio, uint64_t lines, uint64_t values);

/* From now on watches what the opening wants; `besides`: what other calls of it wait for, too. With
 * OK gpio_find() may be asked. */
SINTER_MUST_CHECK status_t gpio_watch(struct gpio *gpio, uint64_t badge,
                                      const struct gpio_wanted *wanted, bool besides);
/* The first event that is wanted; false: there is none yet. */
bool gpio_find(const struct gpio *gpio, const struct gpio_wanted *wanted, uint64_t now,
               struct gpio_event *event);
/* The opening was closed. */
void gpio_forget(struct gpio *gpio, uint64_t badge);
/* After an interrupt: keeps the edges that have come. */
void gpio_collect(struct gpio *gpio, uint64_t now);

#endif
