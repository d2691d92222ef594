/*
 * Pins: pages held for a device. A pin whose task dies goes into the quarantine of the device's
 * memory object, until the next user of the device has reset it. What is in quarantine when nobody
 * has a handle to the memory object any more waits for the next object of the same registers.
 */
#ifndef KERN_PIN_H
#define KERN_PIN_H

#include <kern/memory.h>

struct reply;
struct task;
struct thread;

#define PIN_BYTES (UINT64_C(1) << 20)

struct pin {
    struct object object;
    struct list link;      /* in device->quarantine */
    struct memory *device; /* holds a reference */
    struct task *owner;    /* holds a reference */
    struct thread *lender; /* of a lease pin; holds a reference */
    struct space *space;   /* where the lent pages are mapped; holds a reference */
    uint64_t address;      /* there, of the first page */
    uint64_t offset;       /* of the first byte in the first page */
    uint64_t length;
    uint32_t count;
    uint64_t frames[];
};

struct pin *pin_create(struct task *owner, struct memory *device, struct memory *memory,
                       uint64_t offset, uint64_t length, status_t *status);
struct pin *pin_lease(struct task *owner, struct memory *device, struct reply *reply,
                      uint32_t index, uint64_t offset, uint64_t length, status_t *status);
/* A new memory object of a device takes over what earlier ones of its registers left behind. */
void pin_adopt_quarantine(struct memory *device);
/* Frees the quarantine of a device. */
void pin_release_quarantine(struct memory *device);

void pin_device_unreachable(struct object *object);
void pin_unreachable(struct object *object);
void pin_destroy(struct object *object);

#endif
