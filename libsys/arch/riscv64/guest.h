/* What guest.S knows of guests: they have the user range (256 GiB) but for its last GiB. */
#ifndef LIBSYS_GUEST_H
#define LIBSYS_GUEST_H

#define GUEST_TOP         0x3fc0000000
#define HOST_BYTES        (1 << 30)
#define GUEST_COPY_FAILED 6 /* STATUS_BAD_ADDRESS */

#endif
