#include "rowstream/format/document.h"

#include "rowstream/names.h"

/* Every format there is. */
static const struct document_format *const formats[] = {&document_json, &document_xml,
                                                        &document_yaml};

static const struct {
    const char *name;
    bool tree;
} modes[] = {{"stream", false}, {"tree", true}};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0], MODE_COUNT = sizeof modes / sizeof modes[0] };

void document_setup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->setup != NULL)
            formats[i]->setup();
}

void document_cleanup(void) {
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i]->cleanup != NULL)
            formats[i]->cleanup();
}

enum rowstream_status document_find(const struct document_format **format, const char *name,
                                    struct error *error) {
    const char *names[FORMAT_COUNT];
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        names[i] = formats[i]->name;
        if (strcmp(names[i], name) == 0) {
            *format = formats[i];
            return ROWSTREAM_OK;
        }
    }
    char text[NAMES_TEXT_BYTES];
    error_set(error, "unknown format \"%s\": accepted are %s", name,
              names_list(names, FORMAT_COUNT, sizeof names[0], text));
    return ROWSTREAM_USAGE;
}

enum rowstream_status document_find_mode(bool *tree, const char *name, struct error *error) {
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            *tree = modes[i].tree;
            return ROWSTREAM_OK;
        }
    }
    char text[NAMES_TEXT_BYTES];
    error_set(error, "unknown document mode \"%s\": accepted are %s", name,
              names_list(&modes[0].name, MODE_COUNT, sizeof modes[0], text));
    return ROWSTREAM_USAGE;
}
