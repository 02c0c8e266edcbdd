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
