#!/usr/bin/env python3
"""Writes Sources/CObjectHash/sha1_vectors.h: the disturbance vectors of SHA-1's known attacks, and the conditions that a block must meet to be
part of one.

An attack on SHA-1 feeds two messages whose words differ by a fixed pattern, so that the registers of the two computations differ in few bits
(local collisions) that a disturbance vector tells (Chabaud and Joux 1998). Manuel ("Classification and generation of disturbance vectors for
collision attacks against SHA-1", 2011) sorts the useful vectors into two types: of sixteen successive words of I(K,b) all are zero but the
last, of II(K,b) but three. The thirty-two below are those that Stevens ("Counter-cryptanalysis", 2013; Stevens and Shumow 2017) found worth
an attacker's while. From a vector follow, by SHA-1's own recurrences, all its words and the differences of the eighty message words.

To recompute a block for each vector is dear. But the words of a pair cannot be any: where the differences of the registers cancel against
those of the words, the signs of the latter are bound, and the sign of a difference is the bit's value. This program finds all linear
conditions on bits of message words that *every* pair meets which follows a vector from step FIRST to step LAST. It walks through the steps with
the set of all differences that the registers may have, each with the affine hull of the signs that lead there:

- A disturbance may appear in a register with either sign and with carries of up to CARRIES further bits in all.
- The Boolean function may give, at each bit where an argument differs, whatever it can for some values of the others. That they are the same values in
  several steps is not used, so more is taken for possible than is: conditions may be missed, none is wrong.
- All signs of the words' differences are tried; a step stands when the sum is a difference that the vector allows.

The hull at the end holds every pair's bits; what is constant on it is a condition. All of them can be had from sums of two bits, and they are the
same for every K, shifted, where the rounds' functions are. A block that breaks a condition of a vector needs no recomputation for it.
"""
import itertools
import os

FIRST, LAST, CARRIES = 31, 65, 6
WORD = 0xFFFFFFFF
VECTORS = (
    [(1, k, 0) for k in range(43, 53)] + [(1, k, 2) for k in range(46, 52)]
    + [(2, k, 0) for k in range(45, 57)] + [(2, k, 2) for k in (46, 49, 50, 51)])

# Conditions are tested on bits gathered from the same place of many words, which costs a little for each place: others are left unused.
PLACES_LOW, PLACES_HIGH = (0, 1, 2, 4, 5, 6, 7), (29,)
# Nor are conditions used that spare less than this many recomputations a block.
WORTH = 0.004


def rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & WORD


def places(x):
    return [bit for bit in range(32) if x >> bit & 1]


def disturbances(kind, k, b):
    """The words of a vector for steps -5 to 79: SHA-1's message expansion, forwards and backwards."""
    words = {step: 0 for step in range(k, k + 16)}
    words[k + 15] = 1 << b
    if kind == 2:
        words[k + 1] = words[k + 3] = rotate(1 << 31, b)
    for step in range(k + 16, 80):
        words[step] = rotate(words[step - 3] ^ words[step - 8] ^ words[step - 14] ^ words[step - 16], 1)
    for step in range(k - 1, -6, -1):
        words[step] = rotate(words[step + 16], 31) ^ words[step + 13] ^ words[step + 8] ^ words[step + 2]
    return words


def differences(words):
    """What the message words differ by: each disturbance, and what cancels it in the five steps after it."""
    return [
        words[i] ^ rotate(words[i - 1], 5) ^ words[i - 2]
        ^ rotate(words[i - 3], 30) ^ rotate(words[i - 4], 30) ^ rotate(words[i - 5], 30) for i in range(80)]


def test_step(words):
    """A step before which no register differs. A multiple of five, because the recomputation goes in fives."""
    return next(step for step in (60, 55, 65) if not any(words[step - back] for back in range(1, 6)))


# Signed differences are pairs of words (bits that rise, bits that fall).

def value(signed):
    return signed[0] - signed[1] & WORD


def turned(signed, n):
    return rotate(signed[0], n), rotate(signed[1], n)


def signed_forms(number, most):
    """All signed differences of at most `most` bits that make the number."""
    found = []

    def go_on(bit, rest, up, down, count):
        if rest == 0:
            found.append((up, down))
        if rest == 0 or count == most:
            return
        while not rest >> bit & 1:
            bit += 1
        go_on(bit + 1, rest - (1 << bit) & WORD, up | 1 << bit, down, count + 1)
        go_on(bit + 1, rest + (1 << bit) & WORD, up, down | 1 << bit, count + 1)

    go_on(0, number, 0, 0, 0)
    return found


def register_forms(word):
    """The signed differences that a register may have where the vector's word is `word`."""
    bits = places(word)
    numbers = {sum(sign << bit for sign, bit in zip(signs, bits)) & WORD
               for signs in itertools.product((1, -1), repeat=len(bits))}
    return sorted({form for number in numbers for form in signed_forms(number, len(bits) + CARRIES)})


def function_differences(step, arguments):
    """What the step's Boolean function may differ by, of three signed arguments."""
    function = (lambda bits: sum(bits) >= 2) if 40 <= step < 60 else (lambda bits: sum(bits) & 1)
    reached = {0}
    for bit in places(arguments[0][0] | arguments[0][1] | arguments[1][0] | arguments[1][1] | arguments[2][0] | arguments[2][1]):
        outcomes = set()
        for before in itertools.product((0, 1), repeat=3):
            after = list(before)
            for place, (up, down) in enumerate(arguments):
                if up >> bit & 1:
                    after[place] = 1 if before[place] == 0 else None
                if down >> bit & 1:
                    after[place] = 0 if before[place] == 1 else None
            if None not in after:
                outcomes.add(int(function(after)) - int(function(before)))
        reached = {total + (outcome << bit) & WORD for total in reached for outcome in outcomes}
    return reached


class Hull:
    """The smallest affine space that holds some vectors of bits."""

    def __init__(self):
        self.origin, self.basis = None, {}

    def add(self, other, shift):
        """Takes in the space `other`, each vector with the bits `shift` added."""
        if self.origin is None:
            self.origin = other.origin ^ shift
        self.stretch(self.origin ^ other.origin ^ shift)
        for direction in other.basis.values():
            self.stretch(direction)

    def stretch(self, direction):
        while direction:
            top = direction.bit_length()
            if top not in self.basis:
                self.basis[top] = direction
                return
            direction ^= self.basis[top]

    def constant(self, mask):
        """The sum of the bits in `mask` where it is the same for all vectors, else None."""
        if any((direction & mask).bit_count() & 1 for direction in self.basis.values()):
            return None
        return (self.origin & mask).bit_count() & 1


def sign_hull(words):
    """The message bits that differ in steps FIRST + 5 to LAST as {(step, bit): place}, and the hull of their values."""
    deltas = differences(words)
    forms = {step: register_forms(words[step]) for step in range(FIRST, LAST + 1)}
    bits = {}
    start = Hull()
    start.origin = 0
    states = {state: start for state in itertools.product(*(forms[step] for step in range(FIRST, FIRST + 5)))}
    for step in range(FIRST + 5, LAST + 1):
        changed = places(deltas[step])
        for bit in changed:
            bits[step, bit] = len(bits)
        choices = []  # (what the word differs by, the values of its bits): a bit that is 0 rises
        for values in itertools.product((0, 1), repeat=len(changed)):
            choices.append((
                sum(-(1 << bit) if is_set else 1 << bit for bit, is_set in zip(changed, values)),
                sum(1 << bits[step, bit] for bit, is_set in zip(changed, values) if is_set)))
        following = {}
        for (e, d, c, b, a), hull in states.items():
            known = value(turned(a, 5)) + value(turned(e, 30))
            sums = [known + f for f in function_differences(step, (b, turned(c, 30), turned(d, 30)))]
            for delta, values in choices:
                reached = {total + delta & WORD for total in sums}
                for form in forms[step]:
                    if value(form) in reached:
                        following.setdefault((d, c, b, a, form), Hull()).add(hull, values)
        states = following
    end = Hull()
    for hull in states.values():
        end.add(hull, 0)
    return bits, end


def conditions(kind, b):
    """{(bit, step - K, bit, step - K, their sum): the Ks for which it holds} of one type of vectors."""
    found = {}
    for k in (k for t, k, place in VECTORS if (t, place) == (kind, b)):
        bits, hull = sign_hull(disturbances(kind, k, b))
        for first, second in itertools.combinations(sorted(bits), 2):
            total = hull.constant(1 << bits[first] | 1 << bits[second])
            if total is not None and first[1] in PLACES_LOW + PLACES_HIGH and second[1] in PLACES_LOW + PLACES_HIGH:
                found.setdefault((first[1], first[0] - k, second[1], second[0] - k, total), set()).add(k)
    return found


def chosen(kind, b):
    """Conditions that follow from no others, the most useful first, and how many recomputations a block of random bits then needs."""
    found = conditions(kind, b)
    ks = [k for t, k, place in VECTORS if (t, place) == (kind, b)]
    groups, passing, result = {}, {k: 1.0 for k in ks}, []

    def group(k, node):
        while (k, node) in groups:
            node = groups[k, node]
        return node

    while True:
        def gain(condition):
            return sum(passing[k] / 2 for k in found[condition] if group(k, condition[:2]) != group(k, condition[2:4]))
        best = max(found, key=lambda condition: (gain(condition), -abs(condition[1] - condition[3]), condition))
        if gain(best) < WORTH:
            return result, sum(passing.values())
        for k in found[best]:
            first, second = group(k, best[:2]), group(k, best[2:4])
            if first != second:
                groups[k, first] = second
                passing[k] /= 2
        result.append((best, sum(1 << k - 40 for k in ks if k not in found[best])))


def name(kind, b):
    return f"{'I' * kind}_{b}"


def runs():
    """The vectors as runs of successive K: (name of type and b, first K, length, index of the first)."""
    found = []
    for index, (kind, k, b) in enumerate(VECTORS):
        if found and found[-1][0] == name(kind, b) and found[-1][1] + found[-1][2] == k:
            found[-1] = (*found[-1][:2], found[-1][2] + 1, found[-1][3])
        else:
            found.append((name(kind, b), k, 1, index))
    return found


def main():
    lines = [
        "/* Made by scripts/sha1-vectors.py, which explains it. */",
        "#ifndef SHA1_VECTORS_H", "#define SHA1_VECTORS_H", "", "#include <stdint.h>", "",
        "struct vector {",
        "    unsigned char type, k, b;",
        "    /* The step before which no register differs. */",
        "    unsigned char test_step;",
        "    /* The steps from the first on whose register differs, one a bit. */",
        "    uint64_t disturbed;",
        "    /* What the message words differ by. */",
        "    uint32_t differences[80];",
        "};", "",
        f"enum {{ vector_count = {len(VECTORS)}, first_step = {FIRST} }};", "",
        "static const struct vector vectors[vector_count] = {"]
    for vector in VECTORS:
        words = disturbances(*vector)
        disturbed = sum(1 << step - FIRST for step in range(FIRST, LAST + 1) if words[step])
        lines.append("    {%d, %d, %d, %d, 0x%09xu, {" % (*vector, test_step(words), disturbed))
        deltas = differences(words)
        for start in range(0, 80, 10):
            lines.append("        " + " ".join("0x%08x," % delta for delta in deltas[start:start + 10]))
        lines.append("    }},")
    lines += [
        "};", "",
        "/* The bits of message words that conditions look at: those in the lowest and those in the highest byte. */",
        "#define LOW_PLACES(X) " + " ".join(f"X({place})" for place in PLACES_LOW),
        "#define HIGH_PLACES(X) " + " ".join(f"X({place})" for place in PLACES_HIGH), "",
        "/* Where the vectors of a type and b are: X(name, the first K, number of vectors, index of the first). */",
        "#define RUNS(X) " + " ".join("X(%s, %d, %d, %d)" % run for run in runs()), "",
        "/* For each type and b: its vectors as bits K - 40, and X(bit, step - K, bit, step - K, their sum, vectors that it does not bind). */"]
    total = 0
    for kind, b in ((1, 0), (1, 2), (2, 0), (2, 2)):
        picked, remaining = chosen(kind, b)
        total += remaining
        members = sum(1 << k - 40 for t, k, place in VECTORS if (t, place) == (kind, b))
        lines.append(f"#define VECTORS_{name(kind, b)} 0x{members:05x}u")
        lines.append(f"#define CONDITIONS_{name(kind, b)}(X) \\")
        rows = ["    X(%d, %d, %d, %d, %d, 0x%05xu)" % (*condition, free) for condition, free in picked]
        lines += [row + " \\" for row in rows[:-1]] + [rows[-1]]
    lines += ["", f"/* A block of random bits needs {total:.3f} recomputations. */", "", "#endif"]
    path = os.path.join(os.path.dirname(__file__), "..", "Sources", "CObjectHash", "sha1_vectors.h")
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n")


main()
