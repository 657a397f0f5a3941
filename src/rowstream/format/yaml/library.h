/* What libyaml is asked before a stream is written: how it writes characters, and how a row of a
 * table. The answers are taken from documents that it writes into memory. */
#ifndef ROWSTREAM_FORMAT_YAML_LIBRARY_H
#define ROWSTREAM_FORMAT_YAML_LIBRARY_H

#include <yaml.h>

#include "rowstream/format/document.h"
#include "rowstream/format/yaml/text.h"

/* What a row is between its values: piece i is in front of value i, the key being value 0; one
 * more piece ends the row. */
struct yaml_layout {
    struct buffer text;
    size_t *ends;                    /* where each piece ends in `text`; owned */
    size_t count;                    /* pieces */
    size_t key_indent, field_indent; /* of the further lines of a text */
};

/* The style to ask libyaml for, which may have to take a stronger one. */
yaml_scalar_style_t yaml_library_style(const char *text, size_t length);

/* Makes an emitter write as all of this folder does; 0 when memory is out. */
int yaml_library_emitter(yaml_emitter_t *emitter, unsigned indent, yaml_write_handler_t *write,
                         void *context);

/* Both return false when memory is out. */
bool yaml_library_ask(struct yaml_text *known);
bool yaml_library_lay_out(struct yaml_layout *layout, const struct document_table *table,
                          unsigned indent);
/* Takes an empty one as well. */
void yaml_layout_fini(struct yaml_layout *layout);

#endif
