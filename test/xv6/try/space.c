/* A disk without free blocks or inodes, a machine without free memory. These take long. */

#include "try.h"

#define DISK_BLOCKS 2000 /* FSSIZE: a disk as mkfs of xv6 makes it */
#define FILES_TRIED 400  /* of the largest size, no disk of the tests holds as many */

/* A directory so large that it has an indirect block. */
void try_big_directory(void)
{
    int names = 12 * BLOCK / (int)sizeof(struct dirent) + 8;
    char name[5];

    close(make_file("linked"));
    expect_is(mkdir("big"), 0, "mkdir");
    expect_is(chdir("big"), 0, "chdir");
    for (int i = 0; i < names; i++) {
        number_name(name, 'x', i);
        expect_is(link("/linked", name), 0, name);
    }
    remove_name("/linked");
    for (int i = 0; i < names; i++) {
        number_name(name, 'x', i);
        remove_name(name);
    }
    expect_is(chdir("/"), 0, "chdir to the root");
    remove_name("big");
}

/* Refused writes take no blocks: of as many as the disk has, each would take one. */
void try_bad_write(void)
{
    for (int i = 0; i < DISK_BLOCKS; i++) {
        int file = make_file("junk");
        expect(write(file, (char *)0xffffffffffl, 1) < 0, "write from a wild address");
        close(file);
        remove_name("junk");
    }
    put_file("junk", "x", 1);
    remove_name("junk");
}

/* exec with a few pages free, from none to more than it takes. */
void try_exec_without_memory(void)
{
    const char *const words[] = {"echo", "x", NULL};

    for (int free = 0; free < 15; free++) {
        if (start_child() == 0) {
            while (sbrk(PAGE) != SBRK_ERROR) {
            }
            for (int i = 0; i < free; i++) {
                sbrk(-PAGE);
            }
            close(1);
            exec("echo", words);
            exit(0);
        }
        int status = child_status();
        expect(status == 0 || status == KILLED, "exec without memory ends somehow");
    }
}

/* Files until there is no room; how many blocks they hold. */
static int fill_disk(int *files)
{
    char name[5];
    int blocks = 0;

    for (*files = 0; *files < FILES_TRIED; ++*files) {
        int written = 0;
        number_name(name, 'b', *files);
        int file = open(name, O_CREATE | O_RDWR | O_TRUNC);
        if (file < 0) {
            return blocks;
        }
        while (written < FILE_BLOCKS_MOST && write(file, buffer, BLOCK) == BLOCK) {
            written++;
        }
        close(file);
        blocks += written;
        if (written < FILE_BLOCKS_MOST) {
            ++*files;
            return blocks;
        }
    }
    return blocks;
}

static void remove_numbered(char first, int count)
{
    char name[5];

    for (int i = 0; i < count; i++) {
        number_name(name, first, i);
        remove_name(name);
    }
}

/* Names until the directory would need a block more. */
static int fill_directory(void)
{
    char name[5];

    for (int i = 0; i < 200; i++) {
        number_name(name, 'z', i);
        int file = open(name, O_CREATE | O_RDWR);
        if (file < 0) {
            return i;
        }
        close(file);
    }
    return 200;
}

/* What is refused for want of blocks costs none: the same files fit again. */
void try_disk_full(void)
{
    int files;

    int first = fill_disk(&files);
    expect(files < FILES_TRIED, "the disk becomes full");
    int names = fill_directory();
    expect_is(mkdir("fulldir"), -1, "mkdir on a full disk");
    expect_absent("fulldir");
    remove_numbered('z', names);
    remove_numbered('b', files);
    int second = fill_disk(&files);
    remove_numbered('b', files);
    expect(second >= first, "the same blocks are free again");
}

/* Empty files until there are no inodes. */
void try_no_inodes(void)
{
    char name[5];
    int made = 0;

    while (made < 1000) {
        number_name(name, 'i', made);
        int file = open(name, O_CREATE | O_RDWR);
        if (file < 0) {
            break;
        }
        close(file);
        made++;
    }
    expect(made > 0 && made < 1000, "inodes come to an end");
    expect_is(mkdir("noinode"), -1, "mkdir without inodes");
    expect_is(mknod("noinode", 1, 1), -1, "mknod without inodes");
    remove_numbered('i', made);
    close(make_file("again"));
    remove_name("again");
}
