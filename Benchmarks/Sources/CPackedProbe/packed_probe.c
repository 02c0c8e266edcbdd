#define _GNU_SOURCE
#include "packed_probe.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { hex_count = 40 };

static signed char hex_value[256];
static unsigned char is_bad[256];

static void set_up_tables(void) {
    memset(hex_value, -1, sizeof hex_value);
    for (int i = 0; i < 10; i++) hex_value['0' + i] = (signed char)i;
    for (int i = 0; i < 6; i++) hex_value['a' + i] = hex_value['A' + i] = (signed char)(10 + i);
    for (int i = 0; i <= 0x20; i++) is_bad[i] = 1;
    for (const char *p = "\x7f~^:?[\\*"; *p; p++) is_bad[(unsigned char)*p] = 1;
}

int packed_probe_open(struct packed_probe *probe, const char *path) {
    struct stat info;
    set_up_tables();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    if (fstat(fd, &info) < 0) {
        close(fd);
        return -1;
    }
    probe->size = (size_t)info.st_size;
    void *base = mmap(NULL, probe->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (base == MAP_FAILED) return -1;
    probe->base = base;
    probe->end = probe->base + probe->size;
    probe->start = (const unsigned char *)memchr(probe->base, '\n', probe->size) + 1;
    return 0;
}

void packed_probe_close(struct packed_probe *probe) { munmap((void *)probe->base, probe->size); }

static int decode(const unsigned char *hex, unsigned char id[20]) {
    for (int i = 0; i < 20; i++) {
        int high = hex_value[hex[2 * i]], low = hex_value[hex[2 * i + 1]];
        if ((high | low) < 0) return -1;
        id[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

static int compare(const unsigned char *record, const unsigned char *name, size_t count) {
    record += hex_count + 1;
    for (size_t i = 0; i < count; i++) {
        if (record[i] == '\n') return -1;
        if (record[i] != name[i]) return record[i] < name[i] ? -1 : 1;
    }
    return record[count] == '\n' ? 0 : 1;
}

int packed_probe_find(const struct packed_probe *probe, const unsigned char *name, size_t count, unsigned char id[20]) {
    const unsigned char *low = probe->start, *high = probe->end;
    while (low < high) {
        const unsigned char *middle = low + (high - low) / 2, *record = middle, *line;
        while (record > low) {
            line = memrchr(low, '\n', (size_t)(record - low));
            if (!line) {
                record = low;
                break;
            }
            record = line + 1;
            if (*record != '^') break;
            record = line;
        }
        int order = compare(record, name, count);
        if (order == 0) return decode(record, id) == 0;
        if (order > 0) {
            high = record;
            continue;
        }
        low = middle;
        do {
            line = memchr(low, '\n', (size_t)(high - low));
            low = line ? line + 1 : high;
        } while (low < high && *low == '^');
    }
    return 0;
}

static int is_well_formed(const unsigned char *name, size_t count) {
    unsigned char last = '/';
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = name[i];
        if (is_bad[byte]) return 0;
        if ((byte == '/' || byte == '.') && (last == '/' || (last == '.' && byte == '.'))) return 0;
        if (byte == '{' && last == '@') return 0;
        last = byte;
    }
    return last != '/' && last != '.';
}

__attribute__((always_inline)) static inline uint64_t scan(
    const struct packed_probe *probe, size_t *records, int checking) {
    const unsigned char *p = probe->start;
    uint64_t sum = 0;
    size_t count = 0;
    while (p < probe->end) {
        unsigned char id[20];
        uint64_t word;
        if (probe->end - p < hex_count + 2 || decode(p, id) < 0 || p[hex_count] != ' ') return 0;
        const unsigned char *name = p + hex_count + 1;
        const unsigned char *feed = memchr(name, '\n', (size_t)(probe->end - name));
        if (!feed) return 0;
        if (checking && !is_well_formed(name, (size_t)(feed - name))) return 0;
        memcpy(&word, id, sizeof word);
        sum += word + (uint64_t)(feed - name) + name[0];
        count++;
        p = feed + 1;
        if (p < probe->end && *p == '^') {
            if (decode(p + 1, id) < 0 || p[hex_count + 1] != '\n') return 0;
            p += hex_count + 2;
        }
    }
    *records = count;
    return sum;
}

uint64_t packed_probe_scan(const struct packed_probe *probe, size_t *records) { return scan(probe, records, 0); }

uint64_t packed_probe_scan_checking(const struct packed_probe *probe, size_t *records) { return scan(probe, records, 1); }

static inline uint64_t swap_word(uint64_t word) { return __builtin_bswap64(word); }

/* One of the files that are merged: where it stands, and the record before that. */
struct run {
    const unsigned char *next, *end, *name;
    size_t count;
    uint64_t word;
};

/* 1 when there is another record, 0 at the end, -1 for one that is malformed. */
static inline int advance(struct run *run) {
    unsigned char id[20];
    const unsigned char *p = run->next;
    if (p >= run->end) return 0;
    if (run->end - p < hex_count + 2 || decode(p, id) < 0 || p[hex_count] != ' ') return -1;
    run->name = p + hex_count + 1;
    const unsigned char *feed = memchr(run->name, '\n', (size_t)(run->end - run->name));
    if (!feed) return -1;
    run->count = (size_t)(feed - run->name);
    if (!is_well_formed(run->name, run->count)) return -1;
    memcpy(&run->word, id, sizeof run->word);
    p = feed + 1;
    if (p < run->end && *p == '^') {
        if (decode(p + 1, id) < 0 || p[hex_count + 1] != '\n') return -1;
        p += hex_count + 2;
    }
    run->next = p;
    return 1;
}

static inline int compare_runs(const struct run *a, const struct run *b) {
    int order = memcmp(a->name, b->name, a->count < b->count ? a->count : b->count);
    return order ? order : a->count < b->count ? -1 : a->count > b->count;
}

enum { run_limit = 64 };

uint64_t packed_probe_merge(const struct packed_probe *probes, size_t count, size_t *records) {
    struct run runs[run_limit];
    size_t live = 0, yielded = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        runs[live] = (struct run){.next = probes[i].start, .end = probes[i].end};
        if (advance(&runs[live]) > 0) live++;
    }
    while (live > 0) {
        size_t best = 0, ties[run_limit], tied = 0;
        for (size_t i = 1; i < live; i++) {
            int order = compare_runs(&runs[i], &runs[best]);
            if (order < 0) {
                best = i;
                tied = 0;
            } else if (order == 0) {
                ties[tied++] = i;
            }
        }
        sum += swap_word(runs[best].word) + runs[best].count + runs[best].name[0];
        yielded++;
        /* From behind, for those that end close the gap. */
        ties[tied] = best;
        for (size_t t = 0; t <= tied; t++) {
            size_t i = t < tied ? ties[tied - 1 - t] : best;
            int more = advance(&runs[i]);
            if (more < 0) return 0;
            if (more == 0) {
                memmove(runs + i, runs + i + 1, (live - i - 1) * sizeof *runs);
                live--;
            }
        }
    }
    *records = yielded;
    return sum;
}

/* Puts the first of `order` where it belongs behind the others, which are in order. */
static inline void settle(struct run *runs, unsigned char *order, size_t live) {
    unsigned char first = order[0];
    size_t low = 1, high = live, step = 1;
    while (low < high) {
        size_t middle = step ? low : (low + high) / 2;
        int sign = compare_runs(&runs[first], &runs[order[middle]]);
        step = 0;
        if (sign < 0 || (sign == 0 && first < order[middle])) high = middle;
        else low = middle + 1;
    }
    for (size_t i = 1; i < low; i++) order[i - 1] = order[i];
    order[low - 1] = first;
}

uint64_t packed_probe_merge_ordered(const struct packed_probe *probes, size_t count, size_t *records) {
    struct run runs[run_limit];
    unsigned char order[run_limit];
    size_t live = 0, yielded = 0;
    uint64_t sum = 0;
    for (size_t i = count; i-- > 0;) {
        runs[i] = (struct run){.next = probes[i].start, .end = probes[i].end};
        if (advance(&runs[i]) <= 0) continue;
        for (size_t j = live; j > 0; j--) order[j] = order[j - 1];
        order[0] = (unsigned char)i;
        settle(runs, order, ++live);
    }
    while (live > 0) {
        struct run yield = runs[order[0]];
        sum += swap_word(yield.word) + yield.count + yield.name[0];
        yielded++;
        do {
            int more = advance(&runs[order[0]]);
            if (more < 0) return 0;
            if (more > 0) settle(runs, order, live);
            else memmove(order, order + 1, --live);
        } while (live > 0 && compare_runs(&runs[order[0]], &yield) == 0);
    }
    *records = yielded;
    return sum;
}
