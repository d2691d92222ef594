/*
 * What a driver was given for its device (docs/SERVERS.md): registers, interrupt, node. Everything
 * stays until the task ends; a driver has one device.
 */
#ifndef DRIVERS_COMMON_DEVICE_H
#define DRIVERS_COMMON_DEVICE_H

#include "node.h"
#include "server.h"

struct device {
    handle_t memory; /* of the registers: what pins name the device by */
    uintptr_t registers;
    uint64_t length;
    handle_t irq; /* 0 when the device has none */
    struct node node;
};

/*
 * Maps the registers and the node. NOT_FOUND: there is no start handle `registers0`.
 * BAD_ARGUMENT: it does not describe a range of its memory. Otherwise what space_map() answers.
 */
SINTER_MUST_CHECK status_t device_open(struct device *device, const struct server *server);

/* Lets the interrupt signal `bits` of the server's control event. NO_DEVICE without interrupt. */
SINTER_MUST_CHECK status_t device_listen(struct device *device, const struct server *server,
                                         uint64_t bits);

/* Lets the next interrupt come. */
void device_acknowledge(struct device *device);

#endif
