/* Names: directories, links, what is refused. */

#include "try.h"

void try_create_many(void)
{
    char name[5];

    for (int i = 0; i < 52; i++) {
        number_name(name, 'a', i);
        close(make_file(name));
    }
    for (int i = 0; i < 52; i++) {
        number_name(name, 'a', i);
        remove_name(name);
    }
}

/* A directory without a name, left by chdir and by the end of a process. */
static void stand_in_no_directory(void)
{
    expect_is(mkdir("nowhere"), 0, "mkdir");
    expect_is(chdir("nowhere"), 0, "chdir");
    expect_is(unlink("../nowhere"), 0, "unlink of the directory a process is in");
}

void try_iput_chdir(void)
{
    stand_in_no_directory();
    expect_is(chdir("/"), 0, "chdir to the root");
    expect_is(chdir("nowhere"), -1, "chdir to the directory that is gone");
}

void try_iput_exit(void)
{
    if (start_child() == 0) {
        stand_in_no_directory();
        exit(0);
    }
    expect_children(1);
    expect_absent("nowhere");
}

/* Refused for writing while another takes the name away. */
void try_iput_open(void)
{
    for (int i = 0; i < 20; i++) {
        expect_is(mkdir("somewhere"), 0, "mkdir");
        if (start_child() == 0) {
            expect_is(open("somewhere", O_RDWR), -1, "open of a directory for writing");
            exit(0);
        }
        remove_name("somewhere");
        expect_children(1);
    }
}

void try_directories(void)
{
    expect_is(mkdir("dir0"), 0, "mkdir");
    expect_is(mkdir("dir0"), -1, "mkdir of a name that is there");
    expect_is(chdir("dir0"), 0, "chdir");
    put_file("inside", "x", 1);
    expect_is(chdir(".."), 0, "chdir to the parent");
    expect_is(unlink("dir0"), -1, "unlink of a directory that is not empty");
    remove_name("dir0/inside");
    remove_name("dir0");
    expect_is(chdir("dir0"), -1, "chdir to what is gone");
    expect_is(unlink("dir0"), -1, "unlink of what is gone");
    expect_is(chdir(".."), 0, "chdir to the parent of the root");
    expect(open("echo", O_RDONLY) >= 0, "which is the root");
}

void try_links(void)
{
    put_file("link1", "hello", 5);
    expect_is(link("link1", "link2"), 0, "link");
    remove_name("link1");
    expect_absent("link1");
    int file = open("link2", O_RDONLY);
    expect_is(read(file, buffer, sizeof(buffer)), 5, "read by the other name");
    close(file);
    expect_is(link("link2", "link2"), -1, "link to the same name");
    expect_is(link("link2", "echo"), -1, "link to a name that is there");
    expect_is(link("link2", "nowhere/x"), -1, "link into no directory");
    remove_name("link2");
    expect_is(link("link2", "link1"), -1, "link of a name that is not there");
    expect_is(link(".", "link1"), -1, "link of a directory");
    expect_is(link("/", "link1"), -1, "link of the root");
    expect_absent("link1");
}

static void expect_no_place(const char *path)
{
    expect_is(open(path, O_CREATE | O_RDWR), -1, "open of a new file there");
    expect_is(mkdir(path), -1, "mkdir there");
    expect_is(unlink(path), -1, "unlink there");
    expect_is(chdir(path), -1, "chdir there");
    expect_is(link(path, "dd/dd/xx"), -1, "link from there");
    expect_is(link("echo", path), -1, "link to there");
}

static void expect_tree_refuses(void)
{
    expect_no_place("dd/ff/ff"); /* below a file */
    expect_no_place("dd/xx/ff"); /* below nothing */
    expect_is(open("dd", O_CREATE), -1, "open of a directory as a new file");
    expect_is(open("dd", O_RDWR), -1, "open of a directory for both");
    expect_is(open("dd", O_WRONLY), -1, "open of a directory for writing");
    expect_is(link("dd/ff", "dd/dd/ffff"), -1, "link to a name that is there");
    expect_is(mkdir("dd/dd/ffff"), -1, "mkdir of a file's name");
    expect_is(chdir("dd/ff"), -1, "chdir to a file");
    expect_is(unlink("dd"), -1, "unlink of a directory that is not empty");
}

void try_tree(void)
{
    expect_is(mkdir("dd"), 0, "mkdir");
    put_file("dd/ff", "ff", 2);
    expect_is(mkdir("/dd/dd"), 0, "mkdir of an absolute path");
    put_file("dd/dd/ff", "FF", 2);
    int file = open("dd/dd/../ff", O_RDONLY);
    expect_is(read(file, buffer, sizeof(buffer)), 2, "read over the parent");
    expect_is(buffer[0], 'f', "what the file there holds");
    close(file);
    expect_is(link("dd/dd/ff", "dd/dd/ffff"), 0, "link");
    remove_name("dd/dd/ff");
    expect_absent("dd/dd/ff");
    expect_is(chdir("dd"), 0, "chdir");
    expect_is(chdir("dd/../../dd"), 0, "chdir up and down");
    expect_is(chdir("dd/../../../dd"), 0, "chdir above the root");
    expect_is(chdir("./.."), 0, "chdir to the parent");
    file = open("dd/dd/ffff", O_RDONLY);
    expect_is(read(file, buffer, sizeof(buffer)), 2, "read by the other name");
    close(file);
    expect_tree_refuses();
    remove_name("dd/dd/ffff");
    remove_name("dd/ff");
    expect_is(unlink("dd"), -1, "unlink of a directory with a directory");
    remove_name("dd/dd");
    remove_name("dd");
}

/* Names are cut to 14 bytes, wherever they stand in a path. */
void try_fourteen(void)
{
    expect_is(mkdir("12345678901234"), 0, "mkdir of 14 bytes");
    expect_is(mkdir("12345678901234/123456789012345"), 0, "mkdir of 15 bytes");
    put_file("123456789012345/123456789012345/123456789012345", "x", 1);
    int file = open("12345678901234/12345678901234/12345678901234", O_RDONLY);
    expect(file >= 0, "the first 14 bytes are the name");
    close(file);
    expect_is(mkdir("12345678901234/12345678901234"), -1, "mkdir of the cut name");
    expect_is(mkdir("123456789012345/12345678901234"), -1, "mkdir below the longer name");
    remove_name("123456789012345/12345678901234/12345678901234");
    remove_name("123456789012345/12345678901234");
    remove_name("123456789012345");
}

void try_remove_dots(void)
{
    expect_is(mkdir("dots"), 0, "mkdir");
    expect_is(chdir("dots"), 0, "chdir");
    expect_is(unlink("."), -1, "unlink of .");
    expect_is(unlink(".."), -1, "unlink of ..");
    expect_is(chdir("/"), 0, "chdir");
    expect_is(unlink("dots/."), -1, "unlink of . below");
    expect_is(unlink("dots/.."), -1, "unlink of .. below");
    expect_is(unlink("/"), -1, "unlink of the root");
    remove_name("dots");
}

void try_directory_or_file(void)
{
    struct dirent entry;

    close(make_file("dirfile"));
    expect_is(chdir("dirfile"), -1, "chdir to a file");
    expect_is(open("dirfile/xx", O_RDONLY), -1, "open below a file");
    expect_is(open("dirfile/xx", O_CREATE), -1, "open of a new file below a file");
    expect_is(mkdir("dirfile/xx"), -1, "mkdir below a file");
    expect_is(unlink("dirfile/xx"), -1, "unlink below a file");
    expect_is(link("echo", "dirfile/xx"), -1, "link to below a file");
    remove_name("dirfile");
    expect_is(open(".", O_RDWR), -1, "open of a directory for both");
    int file = open(".", O_RDONLY);
    expect_is(write(file, "x", 1), -1, "write to a directory");
    expect_is(read(file, &entry, sizeof(entry)), sizeof(entry), "read of a directory");
    expect(entry.inum != 0 && strcmp(entry.name, ".") == 0, "its first entry is itself");
    expect_is(read(file, &entry, sizeof(entry)), sizeof(entry), "read of a directory");
    expect(entry.inum != 0 && strcmp(entry.name, "..") == 0, "its second is its parent");
    close(file);
}

/* More directories deep than inodes are kept in memory, and in each the empty name. */
void try_deep_directories(void)
{
    int depth = ACTIVE_INODES_MOST + 1;

    for (int i = 0; i < depth; i++) {
        expect_is(mkdir("deep"), 0, "mkdir");
        expect_is(chdir("deep"), 0, "chdir");
        expect_is(mkdir(""), -1, "mkdir of no name");
        expect_is(link("/echo", ""), -1, "link to no name");
        expect_is(open("", O_CREATE), -1, "open of no name");
        put_file("xx", "x", 1);
        remove_name("xx");
    }
    for (int i = 0; i < depth; i++) {
        expect_is(chdir(".."), 0, "chdir to the parent");
        remove_name("deep");
    }
    expect_is(chdir("/"), 0, "chdir to the root");
}
