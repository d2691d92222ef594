/*
 * What is mounted: see mounts.h.
 */
#include "mounts.h"

#include <sinter/object.h>

#include "names.h"

enum { MOUNTS = 32, NAME_COLUMN = 24 };

static struct mount {
    char path[SCRIPT_PATH]; /* without leading slash; empty: the entry is free */
    char service[SCRIPT_NAME];
} mounts[MOUNTS] = {{MOUNTS_DEV, MOUNTS_DEV}};

static const struct service *names; /* serves the namespace; null: nobody does */
static uint64_t names_bits;
static handle_t root;

static void changed(void)
{
    if (names != NULL) {
        status_ignore(event_signal(names->control, names_bits));
    }
}

/* Whole parts, none of which is empty, `.` or `..`: as paths of the file protocol are. */
static bool path_is_good(const char *path)
{
    size_t part = 0;
    for (;; path++) {
        if (*path != '/' && *path != '\0') {
            part++;
            continue;
        }
        bool dots =
            (part == 1 && path[-1] == '.') || (part == 2 && path[-1] == '.' && path[-2] == '.');
        if (part == 0 || dots) {
            return false;
        }
        if (*path == '\0') {
            return true;
        }
        part = 0;
    }
}

static bool take_path(const char *path, char taken[SCRIPT_PATH], char why[SCRIPT_ERROR])
{
    if (path[0] == '/' && path_is_good(path + 1) && text_copy(taken, SCRIPT_PATH, path + 1)) {
        return true;
    }
    struct text text = text_in(why, SCRIPT_ERROR);
    TEXT_PUT(&text, "`", path,
             "` is no place to mount at; write a path as /tmp, of up to 47 bytes");
    return false;
}

static struct mount *find(const char *path)
{
    for (int i = 0; i < MOUNTS; i++) {
        if (text_same(mounts[i].path, path)) {
            return &mounts[i];
        }
    }
    return NULL;
}

bool mounts_add(const char *path, const char *service, char why[SCRIPT_ERROR])
{
    char taken[SCRIPT_PATH];
    struct text text = text_in(why, SCRIPT_ERROR);
    if (!take_path(path, taken, why)) {
        return false;
    }
    struct service *found = service_find(service);
    if (!text_same(service, MOUNTS_DEV) && found == NULL && catalog_object(service) == NULL) {
        TEXT_PUT(&text, "there is no service and no object `", service, "`; declare it before");
        return false;
    }
    struct mount *mount = find(taken);
    mount = mount == NULL ? find("") : mount;
    if (mount == NULL) {
        text_put(&text, "too many mounts; at most 32");
        return false;
    }
    text_copy(mount->path, SCRIPT_PATH, taken);
    text_copy(mount->service, SCRIPT_NAME, service);
    if (found != NULL) {
        service_mounted(found);
    }
    changed();
    return true;
}

bool mounts_remove(const char *path, char why[SCRIPT_ERROR])
{
    char taken[SCRIPT_PATH];
    if (!take_path(path, taken, why)) {
        return false;
    }
    struct mount *mount = find(taken);
    if (mount == NULL) {
        struct text text = text_in(why, SCRIPT_ERROR);
        TEXT_PUT(&text, "nothing is mounted at ", path, "; `mount` shows what is");
        return false;
    }
    mount->path[0] = '\0';
    changed();
    return true;
}

static status_t open_mount(const struct mount *mount, handle_t *directory)
{
    if (text_same(mount->service, MOUNTS_DEV)) {
        return names_mint_dev(directory);
    }
    const struct service *service = service_find(mount->service);
    return service != NULL && service->port != 0
               ? port_mint(service->port, 0, ENDPOINT_KEEP, directory)
               : STATUS_NOT_FOUND;
}

status_t mounts_binding(uint64_t place, uint64_t *next, const char **path, handle_t *directory)
{
    for (; place < MOUNTS; place++) {
        if (mounts[place].path[0] != '\0' && open_mount(&mounts[place], directory) == STATUS_OK) {
            *next = place + 1;
            *path = mounts[place].path;
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

void mounts_use(uint64_t place)
{
    struct service *service = place < MOUNTS && mounts[place].path[0] != '\0'
                                  ? service_find(mounts[place].service)
                                  : NULL;
    bool waits = service != NULL && (service->state == SERVICE_IDLE ||
                                     (service->state == SERVICE_LOADING && service->awaits));
    if (waits) {
        service_start(service);
    }
}

void mounts_listen(const struct service *service, uint64_t bits)
{
    if (service == names) {
        names_bits = bits & CONTROL_FREE;
    }
}

bool mounts_is_names(const struct service *service)
{
    return service->object != NULL &&
           (service->object->note->resources & service->options.allow & RESOURCE_NAMES) != 0;
}

/* The first that serves it does so until it has ended. */
static void renew_root(const struct service *service)
{
    if (service == names && service->port == 0) {
        names = NULL;
        close_if(&root);
    } else if (names == NULL && service->port != 0 &&
               port_mint(service->port, 0, ENDPOINT_KEEP, &root) == STATUS_OK) {
        names = service;
        names_bits = 0;
    }
}

bool mounts_open(const char *path, handle_t *directory, char why[SCRIPT_ERROR])
{
    char taken[SCRIPT_PATH];
    if (!take_path(path, taken, why)) {
        return false;
    }
    struct text text = text_in(why, SCRIPT_ERROR);
    const struct mount *mount = find(taken);
    if (mount == NULL) {
        TEXT_PUT(&text, "nothing is mounted at ", path, "; `mount ", path, " SERVICE` before it");
        return false;
    }
    status_t status = open_mount(mount, directory);
    if (status == STATUS_NOT_FOUND) {
        TEXT_PUT(&text, mount->service, ", which is mounted at ", path, ", does not run; `start ",
                 mount->service, "` before it");
    } else if (status != STATUS_OK) {
        TEXT_PUT(&text, path, ": ", status_text(status));
    } else {
        mounts_use((uint64_t)(mount - mounts));
    }
    return status == STATUS_OK;
}

const char *mounts_path(const struct service *service)
{
    for (int i = 0; i < MOUNTS; i++) {
        if (mounts[i].path[0] != '\0' && text_same(mounts[i].service, service->name)) {
            return mounts[i].path;
        }
    }
    return NULL;
}

void mounts_service_changed(const struct service *service)
{
    if (mounts_is_names(service)) {
        renew_root(service);
    }
    if (mounts_path(service) != NULL) {
        changed();
    }
}

handle_t mounts_root(void)
{
    return root;
}

void mounts_text(struct text *text)
{
    for (int i = 0; i < MOUNTS; i++) {
        if (mounts[i].path[0] != '\0') {
            TEXT_PUT(text, "/", mounts[i].path);
            text_put_column(text, NAME_COLUMN);
            TEXT_PUT(text, mounts[i].service, "\n");
        }
    }
}
