/* The service whose file system is on a disk, for `svc start --root DISK`. */
#ifndef SVC_DISK_H
#define SVC_DISK_H

#include <sinter/system.h>
#include <stdbool.h>

#define SVC_DISK_SERVER 24 /* bytes of a service's name, with its end */

/*
 * Whether all of /dev/DISK is claimed by a service of this object (a name in the boot set), which
 * is `server` then. Not if only a part of it is, nor when nobody can be asked.
 */
bool svc_disk_server(handle_t supervisor, const char *disk, const char *object,
                     char server[SVC_DISK_SERVER]);

#endif
