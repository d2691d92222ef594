/* The same for C++: virtual functions, templates, constructors of global and of local objects. */
#define answer_work work_in_c
#include "work.c"
#undef answer_work
#undef ANSWER_H
#include "answer.h"

extern "C" void __cxa_pure_virtual()
{
    __builtin_trap();
}

namespace
{

struct shape {
    virtual uint64_t area() const = 0;
    uint64_t doubled() const
    {
        return area() * 2;
    }
};

template <unsigned sides> struct polygon : shape {
    uint64_t side;
    explicit polygon(uint64_t length) : side(length)
    {
    }
    uint64_t area() const override
    {
        return side * side * sides;
    }
};

struct counted {
    static uint64_t count;
    uint64_t number;
    counted() : number(++count * 7)
    {
    }
};
uint64_t counted::count = 5;
counted global_objects[3];
inline uint64_t shared_value = 11; /* in a section group */

} // namespace

uint64_t answer_work(uint64_t seed)
{
    static counted local;
    polygon<3> triangle(seed);
    polygon<4> square(seed + 1);
    const shape *const shapes[] = {&triangle, &square};
    uint64_t sum = work_in_c(seed) + local.number + global_objects[2].number + shared_value++;
    for (const shape *each : shapes) {
        sum = sum * 5 + each->doubled();
    }
    return sum;
}
