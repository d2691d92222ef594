/* The lines of gpio.h. */
#include "gpio.h"

#include <sinter/protocol/gpio.h>

enum { CONFIGURABLE = GPIO_OUTPUT | GPIO_PULL_UP | GPIO_PULL_NONE };

static uint64_t bit(uint32_t line)
{
    return 1ull << line;
}

static uint64_t later(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

void gpio_init(struct gpio *gpio, const struct gpio_device *device, uint64_t telling, uint64_t now)
{
    *gpio = (struct gpio){.device = device, .last = now, .known_from = now};
    gpio->lines = ~0ull >> (GPIO_LINES - device->lines);
    gpio->telling =
        device->interrupt_each ? telling & gpio->lines : ((telling & 1) != 0 ? gpio->lines : 0);
    uint64_t rising;
    uint64_t falling;
    device->watch(0, 0);
    device->take(&rising, &falling);
}

/* ---- values --------------------------------------------------------------------------------- */

static bool are_lines(const struct gpio *gpio, uint64_t lines)
{
    return lines != 0 && (lines & ~gpio->lines) == 0;
}

static uint64_t functions(const struct gpio *gpio)
{
    return gpio->device->functions != NULL ? gpio->device->functions() : 0;
}

static void connect(const struct gpio *gpio, uint64_t lines)
{
    if (gpio->device->connect != NULL) {
        gpio->device->connect(lines & ~functions(gpio));
    }
}

status_t gpio_line_state(const struct gpio *gpio, uint32_t line, uint32_t *flags, uint32_t *value)
{
    const struct gpio_device *device = gpio->device;
    if (line >= device->lines) {
        return STATUS_NOT_FOUND;
    }
    bool pulled = device->pulled_up != NULL && (device->pulled_up() & bit(line)) != 0;
    *flags = ((device->outputs() & bit(line)) != 0 ? (uint32_t)GPIO_OUTPUT : 0u) |
             (pulled ? (uint32_t)GPIO_PULL_UP : 0u) |
             ((functions(gpio) & bit(line)) != 0 ? (uint32_t)GPIO_FUNCTION : 0u) |
             ((gpio->telling & bit(line)) != 0 ? (uint32_t)GPIO_EVENTS : 0u) |
             (((gpio->rising | gpio->falling) & bit(line)) != 0 ? (uint32_t)GPIO_WATCHED : 0u);
    *value = (device->values() & bit(line)) != 0 ? 1 : 0;
    return STATUS_OK;
}

status_t gpio_make(struct gpio *gpio, uint64_t lines, uint32_t flags, uint64_t values)
{
    const struct gpio_device *device = gpio->device;
    uint32_t pull = flags & (GPIO_PULL_UP | GPIO_PULL_NONE);
    if (!are_lines(gpio, lines) || (flags & ~(uint32_t)CONFIGURABLE) != 0 ||
        pull == (GPIO_PULL_UP | GPIO_PULL_NONE)) {
        return STATUS_BAD_ARGUMENT;
    }
    if (pull != 0 && device->pull_up == NULL) {
        return STATUS_UNSUPPORTED;
    }
    if ((lines & functions(gpio)) != 0) {
        return STATUS_BUSY;
    }
    connect(gpio, lines);
    if (pull != 0) {
        device->pull_up(lines, pull == GPIO_PULL_UP);
    }
    if ((flags & GPIO_OUTPUT) != 0) {
        device->drive(lines, values);
    } else {
        device->release(lines);
    }
    return STATUS_OK;
}

status_t gpio_values(struct gpio *gpio, uint64_t lines, uint64_t *values)
{
    if (!are_lines(gpio, lines)) {
        return STATUS_BAD_ARGUMENT;
    }
    connect(gpio, lines);
    *values = gpio->device->values() & lines;
    return STATUS_OK;
}

status_t gpio_change(struct gpio *gpio, uint64_t lines, uint64_t values)
{
    if (!are_lines(gpio, lines)) {
        return STATUS_BAD_ARGUMENT;
    }
    if ((lines & ~(gpio->device->outputs() & ~functions(gpio))) != 0) {
        return STATUS_BAD_STATE;
    }
    gpio->device->drive(lines, values);
    return STATUS_OK;
}

/* ---- edges ---------------------------------------------------------------------------------- */

static void watch_for_all(struct gpio *gpio)
{
    uint64_t rising = 0;
    uint64_t falling = 0;
    for (int i = 0; i < GPIO_OPENINGS; i++) {
        rising |= gpio->openings[i].used ? gpio->openings[i].rising : 0;
        falling |= gpio->openings[i].used ? gpio->openings[i].falling : 0;
    }
    if (rising != gpio->rising || falling != gpio->falling) {
        gpio->rising = rising;
        gpio->falling = falling;
        gpio->device->watch(rising, falling);
    }
}

/* Its place, or one for it; null when all are taken. */
static struct gpio_opening *opening_of(struct gpio *gpio, uint64_t badge)
{
    struct gpio_opening *found = NULL;
    for (int i = 0; i < GPIO_OPENINGS; i++) {
        struct gpio_opening *at = &gpio->openings[i];
        if (at->used && at->badge == badge) {
            return at;
        }
        found = found == NULL && !at->used ? at : found;
    }
    return found;
}

status_t gpio_watch(struct gpio *gpio, uint64_t badge, const struct gpio_wanted *wanted,
                    bool besides)
{
    uint64_t lines = wanted->rising | wanted->falling | wanted->high | wanted->low;
    if (!are_lines(gpio, lines)) {
        return STATUS_BAD_ARGUMENT;
    }
    if ((lines & ~gpio->telling) != 0) {
        return STATUS_UNSUPPORTED;
    }
    struct gpio_opening *opening = opening_of(gpio, badge);
    if (opening == NULL) {
        return STATUS_BUSY;
    }
    if (!opening->used || !besides) {
        *opening = (struct gpio_opening){.used = true, .badge = badge};
    }
    opening->rising |= wanted->rising | wanted->high;
    opening->falling |= wanted->falling | wanted->low;
    connect(gpio, lines);
    watch_for_all(gpio);
    return STATUS_OK;
}

void gpio_forget(struct gpio *gpio, uint64_t badge)
{
    struct gpio_opening *opening = opening_of(gpio, badge);
    if (opening != NULL && opening->used) {
        opening->used = false;
        watch_for_all(gpio);
    }
}

static void keep(struct gpio *gpio, uint64_t now, uint32_t line, uint32_t event)
{
    gpio->last = later(now, gpio->last + 1);
    if (gpio->count == GPIO_KEPT) {
        gpio->known_from = gpio->kept[gpio->first].time;
        gpio->first = (gpio->first + 1) % GPIO_KEPT;
        gpio->count--;
    }
    gpio->kept[(gpio->first + gpio->count) % GPIO_KEPT] =
        (struct gpio_event){.time = gpio->last, .line = line, .event = event};
    gpio->count++;
}

/* A line that has had both edges ended with that of its value. */
void gpio_collect(struct gpio *gpio, uint64_t now)
{
    uint64_t rising;
    uint64_t falling;
    gpio->device->take(&rising, &falling);
    uint64_t high = gpio->device->values();
    rising &= gpio->rising;
    falling &= gpio->falling;
    for (uint32_t line = 0; line < gpio->device->lines; line++) {
        bool is_high = (high & bit(line)) != 0;
        if (is_high && (falling & bit(line)) != 0) {
            keep(gpio, now, line, GPIO_FALLING);
        }
        if ((rising & bit(line)) != 0) {
            keep(gpio, now, line, GPIO_RISING);
        }
        if (!is_high && (falling & bit(line)) != 0) {
            keep(gpio, now, line, GPIO_FALLING);
        }
    }
}

/* As what this edge answers the wait; 0: it is not wanted. */
static uint32_t answers(const struct gpio_event *edge, const struct gpio_wanted *wanted)
{
    bool rose = edge->event == GPIO_RISING;
    if (((rose ? wanted->rising : wanted->falling) & bit(edge->line)) != 0) {
        return edge->event;
    }
    bool level = ((rose ? wanted->high : wanted->low) & bit(edge->line)) != 0;
    return !level ? 0u : (uint32_t)(rose ? GPIO_HIGH : GPIO_LOW);
}

static bool find_edge(const struct gpio *gpio, const struct gpio_wanted *wanted,
                      struct gpio_event *event)
{
    for (uint32_t i = 0; i < gpio->count; i++) {
        const struct gpio_event *edge = &gpio->kept[(gpio->first + i) % GPIO_KEPT];
        uint32_t answer = edge->time > wanted->after ? answers(edge, wanted) : 0;
        if (answer != 0) {
            *event = *edge;
            event->event = answer;
            return true;
        }
    }
    return false;
}

static bool find_level(const struct gpio *gpio, const struct gpio_wanted *wanted, uint64_t now,
                       struct gpio_event *event)
{
    uint64_t values = gpio->device->values();
    uint64_t fitting = (wanted->high & values) | (wanted->low & ~values);
    if (fitting == 0) {
        return false;
    }
    uint32_t line = (uint32_t)__builtin_ctzll(fitting);
    *event = (struct gpio_event){.time = later(now, gpio->last), .line = line};
    event->event = (wanted->high & values & bit(line)) != 0 ? GPIO_HIGH : GPIO_LOW;
    return true;
}

bool gpio_find(const struct gpio *gpio, const struct gpio_wanted *wanted, uint64_t now,
               struct gpio_event *event)
{
    if (!find_edge(gpio, wanted, event) && !find_level(gpio, wanted, now, event)) {
        return false;
    }
    event->lost = wanted->after < gpio->known_from;
    return true;
}
