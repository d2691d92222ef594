/* What cp and mv share. */
#ifndef COPY_H
#define COPY_H

#include "path.h"

/* Where TARGET means SOURCE to go: the source's name in it if it is a directory (put into `path`),
 * else itself. Null and errno if a path is too long. */
const char *copy_target(const char *target, const char *source, char path[PATH_SIZE]);
/* Copies a file's contents. The exit status; what failed is told with the program's name. A regular
 * target is cut only after that, so a file that is copied onto itself stays what it is. */
int copy_file(const char *name, const char *source, const char *target);

#endif
