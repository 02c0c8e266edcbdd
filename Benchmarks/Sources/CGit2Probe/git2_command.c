#include "git2_library.h"
#include "git2_probe.h"

#ifdef GIT2_PROBE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct git2_library *git;

static int show_header(git_odb *odb, const git_oid *id) {
    size_t size;
    git_object_t type;
    char hex[GIT_OID_HEXSZ + 1];
    if (git->git_odb_read_header(&size, &type, odb, id) != 0) return 1;
    printf("%s %s %zu\n", git->git_oid_tostr(hex, sizeof hex, id), git->git_object_type2string(type), size);
    return 0;
}

static int show_contents(git_odb *odb, const git_oid *id) {
    git_odb_object *object;
    char hex[GIT_OID_HEXSZ + 1];
    if (git->git_odb_read(&object, odb, id) != 0) return 1;
    size_t size = git->git_odb_object_size(object);
    printf(
        "%s %s %zu\n", git->git_oid_tostr(hex, sizeof hex, id),
        git->git_object_type2string(git->git_odb_object_type(object)), size);
    fwrite(git->git_odb_object_data(object), 1, size, stdout);
    putchar('\n');
    git->git_odb_object_free(object);
    return 0;
}

/* Each line of the standard input is an id, whole or its first digits. */
static int batch(git_odb *odb, int (*show)(git_odb *, const git_oid *)) {
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        git_oid id, full;
        size_t digits = strcspn(line, "\n");
        if (git->git_oid_fromstrn(&id, line, digits) != 0) return 1;
        if (digits < GIT_OID_HEXSZ) {
            if (git->git_odb_exists_prefix(&full, odb, &id, digits) != 0) return 1;
            id = full;
        }
        if (show(odb, &id) != 0) return 1;
    }
    return fflush(stdout);
}

struct ids {
    git_oid *ids;
    size_t count, capacity;
};

static int collect(const git_oid *id, void *payload) {
    struct ids *all = payload;
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 1024;
        all->ids = realloc(all->ids, all->capacity * sizeof *all->ids);
        if (all->ids == NULL) abort();
    }
    all->ids[all->count++] = *id;
    return 0;
}

static int compare(const void *a, const void *b) { return memcmp(a, b, sizeof(git_oid)); }

static int all_objects(git_odb *odb) {
    struct ids all = {0};
    if (git->git_odb_foreach(odb, collect, &all) != 0) return 1;
    qsort(all.ids, all.count, sizeof *all.ids, compare);
    for (size_t i = 0; i < all.count; i++) {
        if (i > 0 && compare(&all.ids[i - 1], &all.ids[i]) == 0) continue;
        if (show_header(odb, &all.ids[i]) != 0) return 1;
    }
    free(all.ids);
    return fflush(stdout);
}

static char *contents(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) abort();
    *count = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*count + 1);
    if (bytes == NULL || fread(bytes, 1, *count, file) != *count) abort();
    fclose(file);
    return bytes;
}

static int hash_objects(git_odb *odb) {
    char path[4096], hex[GIT_OID_HEXSZ + 1];
    while (fgets(path, sizeof path, stdin) != NULL) {
        path[strcspn(path, "\n")] = 0;
        size_t count;
        git_oid id;
        char *bytes = contents(path, &count);
        if (git->git_odb_write(&id, odb, bytes, count, GIT_OBJECT_BLOB) != 0) return 1;
        free(bytes);
        puts(git->git_oid_tostr(hex, sizeof hex, &id));
    }
    return fflush(stdout);
}

static int index_pack(const char *index, const char *pack) {
    char directory[4096];
    const char *slash = strrchr(index, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - index) : 1, slash ? index : ".");
    git_indexer *indexer;
    git_indexer_progress progress = {0};
    FILE *file = fopen(pack, "rb");
    if (file == NULL || git->git_indexer_new(&indexer, directory, 0, NULL, NULL) != 0) return 1;
    static char bytes[65536];
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
        if (git->git_indexer_append(indexer, bytes, count, &progress) != 0) return 1;
    fclose(file);
    if (git->git_indexer_commit(indexer, &progress) != 0) return 1;
    git->git_indexer_free(indexer);
    return 0;
}

int git2_probe_command(int argc, const char *const *argv) {
    git = git2_library();
    if (git == NULL) return 69;
    if (argc < 1) return 129;
    char objects[4096];
    git_odb *odb = NULL;
    while (argc > 2 && argv[0][0] == '-') {
        if (strcmp(argv[0], "-C") == 0) {
            snprintf(objects, sizeof objects, "%s/objects", argv[1]);
            if (git->git_odb_open(&odb, objects) != 0) return 1;
        }
        argc -= 2;
        argv += 2;
    }
    const char *command = argv[0], *first = argc > 1 ? argv[1] : "";
    if (strcmp(command, "index-pack") == 0 && argc > 3) return index_pack(argv[argc - 2], argv[argc - 1]);
    if (odb == NULL) return 129;
    if (strcmp(command, "hash-object") == 0) return hash_objects(odb);
    if (strcmp(command, "cat-file") != 0) return 129;
    if (strcmp(first, "--batch-check") == 0) return batch(odb, show_header);
    if (strcmp(first, "--batch") == 0) return batch(odb, show_contents);
    if (strcmp(first, "--batch-all-objects") == 0) return all_objects(odb);
    return 129;
}

#endif
