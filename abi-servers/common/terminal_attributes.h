/*
 * What can be set of a terminal: struct termios and struct winsize of POSIX. The numbers are those
 * of Linux on the machines with its generic ABI, so a personality for it copies them; others
 * translate. Flags that are not named here are kept and mean nothing.
 */
#ifndef ABI_TERMINAL_ATTRIBUTES_H
#define ABI_TERMINAL_ATTRIBUTES_H

#include <stdint.h>

enum terminal_input_flag {
    TERMINAL_ISTRIP = 0x0020,
    TERMINAL_INLCR = 0x0040,
    TERMINAL_IGNCR = 0x0080,
    TERMINAL_ICRNL = 0x0100,
    TERMINAL_IXON = 0x0400,
    TERMINAL_IXANY = 0x0800,
    TERMINAL_IXOFF = 0x1000,
    TERMINAL_IMAXBEL = 0x2000,
    TERMINAL_IUTF8 = 0x4000
};

enum terminal_output_flag {
    TERMINAL_OPOST = 0x0001,
    TERMINAL_ONLCR = 0x0004,
    TERMINAL_OCRNL = 0x0008,
    TERMINAL_ONOCR = 0x0010,
    TERMINAL_ONLRET = 0x0020,
    TERMINAL_TABDLY = 0x1800, /* mask */
    TERMINAL_TAB3 = 0x1800    /* tabs become spaces */
};

enum terminal_control_flag {
    TERMINAL_B38400 = 0x000f,
    TERMINAL_CS8 = 0x0030,
    TERMINAL_CREAD = 0x0080,
    TERMINAL_HUPCL = 0x0400
};

enum terminal_local_flag {
    TERMINAL_ISIG = 0x0001,
    TERMINAL_ICANON = 0x0002,
    TERMINAL_ECHO = 0x0008,
    TERMINAL_ECHOE = 0x0010,
    TERMINAL_ECHOK = 0x0020,
    TERMINAL_ECHONL = 0x0040,
    TERMINAL_NOFLSH = 0x0080,
    TERMINAL_TOSTOP = 0x0100,
    TERMINAL_ECHOCTL = 0x0200,
    TERMINAL_ECHOKE = 0x0800,
    TERMINAL_IEXTEN = 0x8000
};

enum terminal_character {
    TERMINAL_VINTR = 0,
    TERMINAL_VQUIT = 1,
    TERMINAL_VERASE = 2,
    TERMINAL_VKILL = 3,
    TERMINAL_VEOF = 4,
    TERMINAL_VTIME = 5, /* tenths of a second */
    TERMINAL_VMIN = 6,
    TERMINAL_VSTART = 8,
    TERMINAL_VSTOP = 9,
    TERMINAL_VSUSP = 10,
    TERMINAL_VEOL = 11,
    TERMINAL_VREPRINT = 12,
    TERMINAL_VWERASE = 14,
    TERMINAL_VLNEXT = 15,
    TERMINAL_VEOL2 = 16,
    TERMINAL_CHARACTERS = 19
};

#define TERMINAL_DISABLED 0 /* _POSIX_VDISABLE: a character that does nothing */

struct terminal_attributes {
    uint32_t input;
    uint32_t output;
    uint32_t control;
    uint32_t local;
    uint8_t characters[TERMINAL_CHARACTERS];
};

struct terminal_size {
    uint16_t rows;
    uint16_t columns;
    uint16_t width; /* pixels, or 0 */
    uint16_t height;
};

#endif
