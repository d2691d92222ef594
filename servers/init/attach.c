/*
 * Services for devices: see attach.h.
 */
#include "attach.h"

#include "dev.h"
#include "text.h"

_Static_assert(INIT_SERVICES <= 64, "sets of services are words");

static uint64_t bit_of(const struct service *service)
{
    return 1ull << service_slot(service);
}

/* The object's name without its ending; further services of one object get a number. */
static void name_service(const struct boot_file *object, uint32_t number, char name[SCRIPT_NAME])
{
    struct text text = text_in(name, SCRIPT_NAME);
    size_t length = text_length(object->name);
    length -= length > 2 && text_same(object->name + length - 2, ".o") ? 2 : 0;
    text_put_bytes(&text, object->name, length);
    if (number != 0) {
        text_put_number(&text, number);
    }
}

static bool is_driver_without_device(const struct service *service)
{
    return service->used && service->object != NULL && service->object->note->device_count != 0 &&
           service->device == NULL;
}

static struct service *find_waiting(const struct boot_file *object)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        struct service *service = &services[i];
        bool idle = service->state == SERVICE_STOPPED || service->state == SERVICE_FAILED ||
                    service->state == SERVICE_RESTARTING || service->state == SERVICE_IDLE;
        if (is_driver_without_device(service) && service->object == object && idle) {
            return service;
        }
    }
    return NULL;
}

bool attach_can_begin(void)
{
    for (uint32_t i = 0; i < INIT_SERVICES; i++) {
        bool begins = services[i].state == SERVICE_LOADING || services[i].state == SERVICE_STARTING;
        if (is_driver_without_device(&services[i]) && begins) {
            return false;
        }
    }
    return true;
}

static struct service *make_service(struct boot_file *object, const struct script_options *options)
{
    char name[SCRIPT_NAME];
    uint32_t number = 0;
    do {
        name_service(object, number++, name);
    } while (service_find(name) != NULL && number < INIT_SERVICES);
    struct service *service = service_declare(name);
    if (service != NULL) {
        script_options_merge(&service->options, options);
        service->options.allow_line = options->allow_line;
        service->object = object;
    }
    return service;
}

void attach_devices(const struct script_options *options, uint64_t *started)
{
    bool of_one = (options->given & SCRIPT_HAS_OBJECT) != 0;
    const struct boot_file *only = of_one ? catalog_object(options->object) : NULL;
    device_scan();
    for (uint32_t i = 0; i < device_table.count; i++) {
        struct device *device = &device_table.devices[i];
        if (device->claimed || (of_one && device->object != only)) {
            continue;
        }
        struct service *service = find_waiting(device->object);
        service = service != NULL ? service : make_service(device->object, options);
        if (service == NULL) {
            log_line("more than %d services: %s is not started for another device", INIT_SERVICES,
                     device->object->name);
            return;
        }
        device->claimed = true;
        service->device = device;
        service->former = NULL;
        if (service->disabled) {
            continue;
        }
        if (service->options.demand) {
            service_await(service);
        } else {
            service_start(service);
        }
        *started |= bit_of(service);
    }
}

static bool names_same_device(const struct object_note *a, const struct object_note *b)
{
    for (uint32_t i = 0; i < a->device_count; i++) {
        for (uint32_t j = 0; j < b->device_count; j++) {
            if (text_same(a->devices[i], b->devices[j])) {
                return true;
            }
        }
    }
    return false;
}

bool attach_goes_in_circle(const struct service *failed, const struct service *other)
{
    return ((failed->instead_of | bit_of(failed)) & bit_of(other)) != 0;
}

static void pass_device(struct service *from, struct service *to)
{
    to->device = from->device;
    to->former = NULL;
    from->former = from->device;
    from->device = NULL;
    dev_hand_over(from, to);
}

void attach_instead(struct service *failed, struct service *other)
{
    if (failed->device != NULL && is_driver_without_device(other) && service_is_down(other) &&
        names_same_device(failed->object->note, other->object->note)) {
        pass_device(failed, other);
    }
    service_start_instead(other, failed->instead_of | bit_of(failed));
}

bool attach_take_back(struct service *service, const struct service **driver)
{
    bool lacks = service->device == NULL && service->former != NULL && service_is_down(service);
    for (uint32_t i = 0; lacks && i < INIT_SERVICES; i++) {
        struct service *other = &services[i];
        if (!other->used || other->device != service->former ||
            !names_same_device(service->object->note, other->object->note)) {
            continue;
        }
        if (!service_is_down(other)) {
            *driver = other;
            return false;
        }
        pass_device(other, service);
        break;
    }
    return true;
}
