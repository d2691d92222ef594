/* Fixed places in the image of libsys; libsys.ld puts things there. For C and assembler. */
#ifndef LIBSYS_IMAGE_H
#define LIBSYS_IMAGE_H

#define EXPORTS_OFFSET 0x200 /* of the table of exports from the base */

#ifndef __ASSEMBLER__
extern const unsigned char libsys_exports_start[] __attribute__((visibility("hidden")));
#endif

#endif
