/* Times of FAT: from 1980, in steps of two seconds; taken as UTC. Pure. */
#ifndef FAT_TIME_H
#define FAT_TIME_H

#include <stdint.h>

struct fat_time {
    uint16_t date;
    uint16_t time;
};

/* ns since 1970, cut to what FAT can hold. */
struct fat_time fat_time_from_wall(uint64_t wall);

/* 0: no time that there is. */
uint64_t fat_time_to_wall(struct fat_time time);

#endif
