/* A frame as valgrind describes it:
 *
 *     0x1093A0: leaf (grow.c:5)             with debug information
 *     0x1093A0: ??? (in /usr/lib/libx.so)   without
 *     0x0: ???                              in no known module
 *
 * The function is a demangled name, so it may hold spaces, colons and parentheses; so may the file
 * and the module. What tells them apart is the last pair of parentheses, and how it reads. */
#include "massif/lines.h"
#include "massif/massif.h"

#include <string.h>

static const struct massif_slice nothing = {"", 0};

/* Reads what stands between the parentheses: "in MODULE" or "FILE:LINE". */
static bool parse_location(struct massif_slice inside, struct massif_frame *frame) {
    if (massif_slice_take(&inside, "in ")) {
        frame->module = inside;
        return inside.length > 0;
    }
    const char *colon = memrchr(inside.bytes, ':', inside.length);
    if (colon == NULL || colon == inside.bytes)
        return false;
    struct massif_slice file = {inside.bytes, (size_t)(colon - inside.bytes)};
    struct massif_slice number = {colon + 1, inside.length - file.length - 1};
    uint64_t line;
    if (!massif_slice_take_number(&number, &line) || number.length > 0)
        return false;
    frame->file = file;
    frame->line = line;
    return true;
}

/* Takes " (LOCATION)" off the end of `text` when the parenthesis at `open` begins one. */
static bool take_location(struct massif_slice *text, size_t open, struct massif_frame *frame) {
    if (open == 0 || text->bytes[open] != '(' || text->bytes[open - 1] != ' ')
        return false;
    struct massif_slice inside = {text->bytes + open + 1, text->length - open - 2};
    if (!parse_location(inside, frame))
        return false;
    text->length = open - 1;
    return true;
}

/* The parenthesis that the last byte of `text` closes; 0 when there is none. */
static size_t matching_parenthesis(struct massif_slice text) {
    size_t closed = 0;
    for (size_t at = text.length; at-- > 0;) {
        if (text.bytes[at] == ')')
            closed++;
        else if (text.bytes[at] == '(' && --closed == 0)
            return at;
    }
    return 0;
}

bool massif_frame_parse(struct massif_slice text, struct massif_frame *frame) {
    *frame = (struct massif_frame){.function = nothing, .file = nothing, .module = nothing};
    if (!massif_slice_take_address(&text, &frame->address))
        return false;
    if (text.length > 2 && text.bytes[text.length - 1] == ')' &&
        !take_location(&text, matching_parenthesis(text), frame)) {
        /* A path may itself hold a parenthesis that is never closed. */
        for (size_t at = text.length - 1; at > 0 && !take_location(&text, at, frame);)
            at--;
    }
    if (!massif_slice_is(text, "???"))
        frame->function = text;
    return true;
}
