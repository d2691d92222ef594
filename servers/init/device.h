/*
 * Devices that drivers in the boot set can serve, in order of their addresses, and the objects
 * through which a driver reaches its own.
 *
 * The objects are made once and kept: every instance of a driver gets the same ones, so a line
 * stays masked and DMA memory in quarantine until the next instance has reset the device.
 */
#ifndef INIT_DEVICE_H
#define INIT_DEVICE_H

#include "catalog.h"

enum { DEVICES = 48, DEVICE_RANGES = 4, DEVICE_LINES = 16 };

struct device_range {
    handle_t memory;
    uint64_t address; /* physical, of the first register */
    uint64_t size;
};

struct device {
    dt_node node;
    dt_node holder;           /* whose registers and interrupts it has: its own node or its bus */
    uint64_t address;         /* of its first register range; 0: it has none */
    struct boot_file *object; /* whose note names it */
    bool claimed;             /* by a service; it keeps its place in the table */
    bool opened;              /* the worker's */
    uint32_t range_count, line_count;
    struct device_range ranges[DEVICE_RANGES];
    struct {
        handle_t irq;
        uint32_t line;
    } lines[DEVICE_LINES];
    handle_t node_memory;
    uint64_t node_bytes;
};

struct device_table {
    uint32_t count;
    struct device devices[DEVICES];
};

extern struct device_table device_table;

/*
 * Whether the object may drive a device of this machine, as its note looks; asks no loader. Not
 * before, or at the same time as, device_look(): both are the worker's.
 */
bool device_is_wanted(const struct boot_file *object);
void device_look(void);
/* Finds the devices of all objects whose notes have been read; those known already stay. */
void device_scan(void);
/* Whether a driver with this note is for the device, as far as the device tree tells. */
bool device_suits(const struct device *device, const struct object_note *note);
/* Makes the objects behind a device. False: `error` says which could not be made and why. */
bool device_open(struct device *device, char *error, size_t size);

#endif
