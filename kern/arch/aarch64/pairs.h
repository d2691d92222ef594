/*
 * For assembly: registers \kind\first to \kind\last, in pairs, from or to \base + \size * number.
 */
#ifndef AARCH64_PAIRS_H
#define AARCH64_PAIRS_H

// clang-format off: this is assembly
    .altmacro
    .macro pair instruction, kind, size, base, first, second
    \instruction \kind\first, \kind\second, [\base, #\size * \first]
    .endm

    .macro pairs instruction, kind, size, base, first, last
    pair    \instruction, \kind, \size, \base, %(\first), %(\first + 1)
    .if \last - \first > 1
    pairs   \instruction, \kind, \size, \base, %(\first + 2), \last
    .endif
    .endm

#endif
