#include "rowstream/format/yaml/library.h"

#include <stdlib.h>

#include "rowstream/format/yaml/plain.h"

enum { TEXT_MAXIMUM_BYTES = 1 << 24 };

/* A document of one list, of which each item is a question; libyaml keeps back the first items of a
 * list or mapping until it has seen that it is not empty. */
struct probe {
    yaml_emitter_t emitter;
    struct buffer text; /* all that is written so far */
};

yaml_scalar_style_t yaml_library_style(const char *text, size_t length) {
    return yaml_plain_is_other(text, length) ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                             : YAML_PLAIN_SCALAR_STYLE;
}

int yaml_library_emitter(yaml_emitter_t *emitter, unsigned indent, yaml_write_handler_t *write,
                         void *context) {
    if (yaml_emitter_initialize(emitter) == 0)
        return 0;
    yaml_emitter_set_output(emitter, write, context);
    yaml_emitter_set_encoding(emitter, YAML_UTF8_ENCODING);
    yaml_emitter_set_unicode(emitter, 1);
    yaml_emitter_set_width(emitter, -1);
    yaml_emitter_set_indent(emitter, indent < 2 ? 2 : (int)indent);
    return 1;
}

static int write_buffer(void *context, unsigned char *bytes, size_t length) {
    return buffer_append(context, bytes, length) ? 1 : 0;
}

/* Takes over the event; `made` is what its initializer returned. */
static bool emit(struct probe *probe, int made, yaml_event_t *event) {
    return made != 0 && yaml_emitter_emit(&probe->emitter, event) != 0 &&
           yaml_emitter_flush(&probe->emitter) != 0;
}

static bool emit_scalar(struct probe *probe, const char *text, size_t length,
                        yaml_scalar_style_t style) {
    yaml_event_t event;
    return emit(probe,
                yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                             (int)length, 1, 1, style),
                &event);
}

static bool emit_name(struct probe *probe, const char *name) {
    return emit_scalar(probe, name, strlen(name), yaml_library_style(name, strlen(name)));
}

static bool emit_mapping(struct probe *probe) {
    yaml_event_t event;
    return emit(
        probe, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE),
        &event);
}

static bool emit_mapping_end(struct probe *probe) {
    yaml_event_t event;
    return emit(probe, yaml_mapping_end_event_initialize(&event), &event);
}

static bool probe_begin(struct probe *probe, unsigned indent) {
    yaml_event_t event;
    *probe = (struct probe){.text = BUFFER_INIT(TEXT_MAXIMUM_BYTES)};
    return yaml_library_emitter(&probe->emitter, indent, write_buffer, &probe->text) != 0 &&
           emit(probe, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event) &&
           emit(probe, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event) &&
           emit(probe,
                yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                     YAML_BLOCK_SEQUENCE_STYLE),
                &event);
}

static bool probe_end(struct probe *probe) {
    yaml_event_t event;
    return emit(probe, yaml_sequence_end_event_initialize(&event), &event) &&
           emit(probe, yaml_document_end_event_initialize(&event, 1), &event) &&
           emit(probe, yaml_stream_end_event_initialize(&event), &event);
}

static void probe_fini(struct probe *probe) {
    yaml_emitter_delete(&probe->emitter);
    buffer_fini(&probe->text);
}

/* How a text is written as an item. The answer lasts until the next question. */
static const char *answer(struct probe *probe, const char *text, size_t length,
                          yaml_scalar_style_t style) {
    buffer_clear(&probe->text);
    if (!emit_scalar(probe, text, length, style) || probe->text.length < 3)
        return NULL;
    return probe->text.bytes + strlen("\n- ");
}

static bool ask_starts(struct probe *probe, struct yaml_text *known) {
    for (int i = 0x21; i < 0x7F; i++) {
        const char text[2] = {(char)i, 'x'};
        for (size_t length = 1; length <= 2; length++) {
            const char *got = answer(probe, text, length, YAML_PLAIN_SCALAR_STYLE);
            if (got == NULL)
                return false;
            (length == 1 ? known->quoted_alone : known->quoted_first)[i] =
                got[0] != text[0] || got[length] != '\0';
        }
    }
    return true;
}

/* Every character in one text in quotes, with one between them that is in no escape. */
#define BETWEEN '~'

static size_t encode(int character, char *text) {
    static const char *const others[] = {"\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF",
                                         "\xEF\xBF\xBE", "\xEF\xBF\xBF"};
    if (character >= YAML_LINE_SEPARATOR)
        memcpy(text, others[character - YAML_LINE_SEPARATOR], 3);
    else if (character >= ASCII_COUNT)
        memcpy(text, (const char[]){(char)0xC2, (char)character}, 2);
    else
        text[0] = (char)character;
    return character >= YAML_LINE_SEPARATOR ? 3 : character >= ASCII_COUNT ? 2 : 1;
}

static bool ask_quoted(struct probe *probe, struct escape *escapes, int first, int end,
                       yaml_scalar_style_t style) {
    char text[4 * YAML_ASKED_COUNT];
    size_t length = 0;
    for (int i = first; i < end; i++) {
        length += encode(i, text + length);
        text[length++] = BETWEEN;
    }
    const char *at = answer(probe, text, length, style);
    if (at == NULL)
        return false;
    at++; /* the quote */
    for (int i = first; i < end; i++) {
        size_t bytes = i == BETWEEN ? 1 : strcspn(at, "~");
        if (!escape_learn(&escapes[i], (char)i, at, bytes))
            return false;
        at += bytes + 1;
    }
    return true;
}

bool yaml_library_ask(struct yaml_text *known) {
    struct probe probe;
    bool asked =
        probe_begin(&probe, 0) && emit_scalar(&probe, "", 0, YAML_SINGLE_QUOTED_SCALAR_STYLE) &&
        emit_scalar(&probe, "", 0, YAML_SINGLE_QUOTED_SCALAR_STYLE) && ask_starts(&probe, known) &&
        ask_quoted(&probe, known->single, 0x20, 0x7F, YAML_SINGLE_QUOTED_SCALAR_STYLE) &&
        ask_quoted(&probe, known->doubled, 1, YAML_ASKED_COUNT, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    probe_fini(&probe);
    return asked;
}

/* Has a text of two lines written, to see where a value begins and how far its lines go in; then
 * takes it back. */
static bool lay_out_value(struct probe *probe, struct yaml_layout *layout, size_t *indent) {
    size_t start = probe->text.length;
    if (!emit_scalar(probe, "a\nb", 3, YAML_SINGLE_QUOTED_SCALAR_STYLE))
        return false;
    const char *quote = strchr(probe->text.bytes + start, '\'');
    const char *line = strrchr(probe->text.bytes + start, '\n');
    if (quote == NULL || line == NULL)
        return false;
    *indent = strspn(line + 1, " ");
    probe->text.length = (size_t)(quote - probe->text.bytes);
    layout->ends[layout->count++] = probe->text.length;
    return true;
}

static bool lay_out_fields(struct probe *probe, struct yaml_layout *layout,
                           const struct document_table *table) {
    size_t start = probe->text.length;
    bool done = emit_mapping(probe);
    for (int i = 0; done && i < 4 && table->column_count > 0; i++)
        done = emit_name(probe, "x"); /* until libyaml keeps nothing back any more */
    if (done && table->column_count > 0)
        probe->text.length = start + strcspn(probe->text.bytes + start, "\n");
    for (size_t i = 0; done && i < table->column_count; i++)
        done = emit_name(probe, table->columns[i]->name) &&
               lay_out_value(probe, layout, &layout->field_indent);
    return done && emit_mapping_end(probe);
}

bool yaml_library_lay_out(struct yaml_layout *layout, const struct document_table *table,
                          unsigned indent) {
    struct probe probe;
    yaml_layout_fini(layout);
    layout->ends = calloc(table->column_count + 2, sizeof *layout->ends);
    bool done = probe_begin(&probe, indent) && layout->ends != NULL && emit_mapping(&probe) &&
                emit_name(&probe, "model") && emit_name(&probe, table->model) &&
                emit_name(&probe, "pk") && lay_out_value(&probe, layout, &layout->key_indent) &&
                emit_name(&probe, "fields") && lay_out_fields(&probe, layout, table) &&
                emit_mapping_end(&probe) && probe_end(&probe);
    if (done) {
        layout->ends[layout->count++] = probe.text.length;
        layout->text = probe.text;
        probe.text = (struct buffer)BUFFER_INIT(0);
    }
    probe_fini(&probe);
    return done;
}

void yaml_layout_fini(struct yaml_layout *layout) {
    buffer_fini(&layout->text);
    free(layout->ends);
    *layout = (struct yaml_layout){.ends = NULL};
}
