/*
 * The start data of a task: see start_data.h.
 */
#include "start_data.h"

#include "bytes.h"

enum { POINTER = sizeof(uint64_t) };

uint64_t start_data_size(struct start_layout *layout, const struct load_start *start)
{
    const struct load_request *request = start->request;
    uint64_t at = align_up(sizeof(struct start_info), POINTER);
    layout->arguments = at;
    at += ((uint64_t)request->argument_count + 1) * POINTER;
    layout->environment = at;
    at += ((uint64_t)request->environment_count + 1) * POINTER;
    layout->handles = at;
    at += (uint64_t)request->handle_count * sizeof(struct start_handle);
    layout->texts = at;
    layout->size = at + start->text_bytes;
    return layout->size;
}

/* A list of `count` pointers to consecutive texts; *text is the offset of the first. */
static void write_pointers(void *list, uint32_t count, uint64_t address, const char *texts,
                           uint64_t *text)
{
    for (uint32_t i = 0; i < count; i++) {
        store64((uint8_t *)list + i * POINTER, address + *text);
        *text += strlen(texts + *text) + 1;
    }
}

struct start_info *start_data_write(const struct start_layout *layout,
                                    const struct load_start *start, void *image, uint64_t address)
{
    const struct load_request *request = start->request;
    struct start_info *info = image;
    uint8_t *bytes = image;
    uint64_t text = 0;
    memcpy(bytes + layout->texts, start->texts, start->text_bytes);
    memcpy(bytes + layout->handles, start->handles,
           request->handle_count * sizeof(struct start_handle));
    write_pointers(bytes + layout->arguments, request->argument_count, address + layout->texts,
                   start->texts, &text);
    write_pointers(bytes + layout->environment, request->environment_count, address + layout->texts,
                   start->texts, &text);
    info->size = sizeof(*info);
    info->argument_count = request->argument_count;
    info->arguments = address + layout->arguments;
    info->environment = address + layout->environment;
    info->handles = address + layout->handles;
    info->handle_count = request->handle_count;
    info->message_page = request->message_page;
    memcpy(info->name, request->name, sizeof(info->name));
    return info;
}

/* Both arrays lie in the read-only group, and libsys runs one: they are joined by the layout. */
static void describe_arrays(struct start_info *info, const struct object_arrays *arrays)
{
    bool joined = arrays->preinit.count != 0;
    info->init_array = joined ? arrays->preinit.address : arrays->init.address;
    info->init_count = arrays->preinit.count + arrays->init.count;
    info->fini_array = arrays->fini.address;
    info->fini_count = arrays->fini.count;
}

bool start_data_describe(struct start_info *info, const struct object *object, uint64_t libsys)
{
    info->tls_image = object->tls.template_address;
    info->tls_file_size = object->tls.template_size;
    info->tls_size = object->tls.size;
    info->tls_alignment = object->tls.align;
    info->reserved[0] = libsys;
    describe_arrays(info, &object->arrays);
    return object_find_function(object, "server_main", &info->entry);
}
