/* What the tab key does: lists what could complete the word, and inserts what is certain. */
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "editor.h"
#include "find_program.h"
#include "path.h"
#include "shell.h"

#define OBJECT_SUFFIX ".o"

/* One walk over the candidates; `editor` is set when they are to be shown. */
struct walk {
    struct completion *completion;
    struct editor *editor;
};

static void show(struct editor *editor, const char *text)
{
    editor->show(editor->context, text, strlen(text));
}

static void take(void *context, const char *name, bool is_folder)
{
    const struct walk *walk = context;
    if (walk->editor == NULL) {
        (void)complete_add(walk->completion, name, is_folder);
    } else if (strncmp(name, walk->completion->prefix, walk->completion->prefix_length) == 0) {
        show(walk->editor, name);
        show(walk->editor, is_folder ? "/  " : "  ");
    }
}

/* Programs are typed without the suffix of their objects. */
static void take_program(void *context, const char *name, bool is_folder)
{
    char base[DIRECTORY_NAME_SIZE];
    size_t length = strlen(name);
    size_t suffix = strlen(OBJECT_SUFFIX);
    if (is_folder || length >= sizeof(base)) {
        return;
    }
    memcpy(base, name, length + 1);
    if (length > suffix && strcmp(base + length - suffix, OBJECT_SUFFIX) == 0) {
        base[length - suffix] = '\0';
    }
    if (builtin_find(base) == NULL) {
        take(context, base, false);
    }
}

static void walk_commands(const struct shell *shell, struct walk *walk)
{
    const char *folders = variables_get(&shell->variables, "PATH");
    if (folders == NULL) {
        folders = DEFAULT_PATH;
    }
    for (size_t i = 0; builtin_name(i) != NULL; i++) {
        take(walk, builtin_name(i), false);
    }
    while (*folders != '\0') {
        char folder[PATH_SIZE];
        size_t length = strcspn(folders, ":");
        if (length < sizeof(folder)) {
            memcpy(folder, folders, length);
            folder[length] = '\0';
            words_list(folder, take_program, walk);
        }
        folders += length;
        folders += *folders == ':';
    }
}

static void walk_files(struct walk *walk)
{
    char folder[PATH_SIZE] = ".";
    size_t length = walk->completion->folder_length;
    if (length >= sizeof(folder)) {
        return;
    }
    if (length > 0) {
        memcpy(folder, walk->completion->folder, length);
        folder[length] = '\0';
    }
    words_list(folder, take, walk);
}

static void walk_all(const struct shell *shell, struct walk *walk)
{
    if (walk->completion->command) {
        walk_commands(shell, walk);
        return;
    }
    if (walk->completion->service != 0) {
        service_words_list(walk->completion->service, take, walk);
    }
    if (walk->completion->service == 0 || walk->completion->count == 0) {
        walk_files(walk);
    }
}

void candidates_complete(struct shell *shell, struct editor *editor)
{
    struct completion completion;
    complete_start(&completion, editor->line, editor->cursor);
    struct walk walk = {&completion, NULL};
    walk_all(shell, &walk);
    size_t known = completion.prefix_length;
    size_t common = completion.common != NULL ? strlen(completion.common) : 0;
    if (completion.count > 1 && common == known) {
        walk.editor = editor;
        show(editor, "\r\n");
        walk_all(shell, &walk);
        show(editor, "\r\n");
        editor_refresh(editor);
    } else if (completion.count > 0) {
        editor_insert(editor, completion.common + known, common - known);
        if (completion.count == 1) {
            editor_insert(editor, completion.is_folder ? "/" : " ", 1);
        }
    }
    complete_free(&completion);
}
