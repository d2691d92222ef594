/*
 * The structures of the interface as this system was compiled: what objects are compared with.
 *
 * The SHAPE lines at the end of sinter/system.h, which leave a record in every object, make the
 * entries of the table here instead; the linker gathers them between two symbols.
 */
#include "shapes.h"

#include <sinter/object.h>

#undef SHAPE
#define SHAPE(tag, name_value, major_value, minor_value, ...)                                      \
    static const uint32_t offsets_##tag[] = {SINTER_OFFSETS(tag, __VA_ARGS__)};                    \
    static const char *const members_##tag[] = {NAMES(__VA_ARGS__)};                               \
    static const struct object_shape shape_##tag                                                   \
        __attribute__((used, section("known_shapes"))) = {name_value,                              \
                                                          major_value,                             \
                                                          minor_value,                             \
                                                          (uint32_t)sizeof(struct tag),            \
                                                          (uint32_t)__alignof__(struct tag),       \
                                                          SINTER_COUNT(__VA_ARGS__),               \
                                                          offsets_##tag,                           \
                                                          members_##tag}

#define NAMES(...)       SINTER_JOIN(NAMES_, SINTER_COUNT(__VA_ARGS__))(__VA_ARGS__)
#define NAMES_1(m)       #m
#define NAMES_2(m, ...)  #m, NAMES_1(__VA_ARGS__)
#define NAMES_3(m, ...)  #m, NAMES_2(__VA_ARGS__)
#define NAMES_4(m, ...)  #m, NAMES_3(__VA_ARGS__)
#define NAMES_5(m, ...)  #m, NAMES_4(__VA_ARGS__)
#define NAMES_6(m, ...)  #m, NAMES_5(__VA_ARGS__)
#define NAMES_7(m, ...)  #m, NAMES_6(__VA_ARGS__)
#define NAMES_8(m, ...)  #m, NAMES_7(__VA_ARGS__)
#define NAMES_9(m, ...)  #m, NAMES_8(__VA_ARGS__)
#define NAMES_10(m, ...) #m, NAMES_9(__VA_ARGS__)
#define NAMES_11(m, ...) #m, NAMES_10(__VA_ARGS__)
#define NAMES_12(m, ...) #m, NAMES_11(__VA_ARGS__)
#define NAMES_13(m, ...) #m, NAMES_12(__VA_ARGS__)
#define NAMES_14(m, ...) #m, NAMES_13(__VA_ARGS__)
#define NAMES_15(m, ...) #m, NAMES_14(__VA_ARGS__)
#define NAMES_16(m, ...) #m, NAMES_15(__VA_ARGS__)
#define NAMES_17(m, ...) #m, NAMES_16(__VA_ARGS__)
#define NAMES_18(m, ...) #m, NAMES_17(__VA_ARGS__)
#define NAMES_19(m, ...) #m, NAMES_18(__VA_ARGS__)
#define NAMES_20(m, ...) #m, NAMES_19(__VA_ARGS__)
#define NAMES_21(m, ...) #m, NAMES_20(__VA_ARGS__)
#define NAMES_22(m, ...) #m, NAMES_21(__VA_ARGS__)
#define NAMES_23(m, ...) #m, NAMES_22(__VA_ARGS__)
#define NAMES_24(m, ...) #m, NAMES_23(__VA_ARGS__)

#include <sinter/system.h>

/* Made by the linker around the section. */
extern const struct object_shape __start_known_shapes[];
extern const struct object_shape __stop_known_shapes[];

const struct object_shape *shapes_known(size_t *count)
{
    *count = (size_t)(__stop_known_shapes - __start_known_shapes);
    return __start_known_shapes;
}
