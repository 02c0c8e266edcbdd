#include "git2_probe.h"
#include "git2_library.h"

#include <stdlib.h>

#ifdef GIT2_PROBE

struct git2_probe {
    const struct git2_library *git;
    git_odb *odb;
};

git2_probe *git2_probe_open(const char *directory) {
    const struct git2_library *git = git2_library();
    git2_probe *probe = git ? calloc(1, sizeof *probe) : NULL;
    if (probe == NULL) return NULL;
    probe->git = git;
    if (git->git_odb_open(&probe->odb, directory) == 0) return probe;
    free(probe);
    return NULL;
}

void git2_probe_close(git2_probe *probe) {
    probe->git->git_odb_free(probe->odb);
    free(probe);
}

static git_oid id_at(git2_probe *probe, const unsigned char *ids, size_t i) {
    git_oid id;
    probe->git->git_oid_fromraw(&id, ids + 20 * i);
    return id;
}

size_t git2_probe_contains(git2_probe *probe, const unsigned char *ids, size_t count) {
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        git_oid id = id_at(probe, ids, i);
        done += probe->git->git_odb_exists(probe->odb, &id) == 1;
    }
    return done;
}

size_t git2_probe_header(git2_probe *probe, const unsigned char *ids, size_t count) {
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        git_oid id = id_at(probe, ids, i);
        size_t size;
        git_object_t type;
        done += probe->git->git_odb_read_header(&size, &type, probe->odb, &id) == 0;
    }
    return done;
}

size_t git2_probe_read(git2_probe *probe, const unsigned char *ids, size_t count) {
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        git_oid id = id_at(probe, ids, i);
        git_odb_object *object;
        if (probe->git->git_odb_read(&object, probe->odb, &id) != 0) continue;
        probe->git->git_odb_object_free(object);
        done++;
    }
    return done;
}

size_t git2_probe_abbreviated(git2_probe *probe, const unsigned char *ids, size_t count, size_t digits) {
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        git_oid id = id_at(probe, ids, i), full;
        done += probe->git->git_odb_exists_prefix(&full, probe->odb, &id, digits) == 0
            && probe->git->git_oid_cmp(&id, &full) == 0;
    }
    return done;
}

#endif
