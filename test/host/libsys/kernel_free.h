/* Included before everything else when code of servers is built for the host: imports become
 * plain names, for the test to define. */
#define SINTER_OBJECT_H
#define IMPORT(name, version, fingerprint)
#define SHAPE(tag, ...) struct tag
