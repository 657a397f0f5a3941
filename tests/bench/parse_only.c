/* Nothing but a format's library going through a fixture, one record or event at a time: what a
 * load of that format cannot be faster than, besides its inserts. usage: parse_only json|xml|yaml
 * FILE */
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* An array of objects: each by itself, so that memory stays flat. */
static bool parse_json(FILE *file) {
    json_error_t error;
    json_t *record;
    int byte = getc(file);
    while ((byte == '[' || byte == ',' || byte == ' ') &&
           (record = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)) != NULL) {
        json_decref(record);
        byte = getc(file);
    }
    return byte == ']';
}

static bool parse_xml(const char *path) {
    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    if (parser == NULL)
        return false;
    *parser->sax = (xmlSAXHandler){.initialized = XML_SAX2_MAGIC};
    xmlCtxtReadFile(parser, path, NULL, 0);
    bool fine = parser->wellFormed;
    xmlFreeParserCtxt(parser);
    return fine;
}

static bool parse_yaml(FILE *file) {
    yaml_parser_t parser;
    yaml_event_t event;
    bool ended = false, fine = yaml_parser_initialize(&parser) != 0;
    yaml_parser_set_input_file(&parser, file);
    while (fine && !ended) {
        fine = yaml_parser_parse(&parser, &event) != 0;
        ended = fine && event.type == YAML_STREAM_END_EVENT;
        if (fine)
            yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return fine;
}

int main(int argc, char **argv) {
    FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
    bool fine = false;
    if (file != NULL && strcmp(argv[1], "json") == 0)
        fine = parse_json(file);
    else if (file != NULL && strcmp(argv[1], "xml") == 0)
        fine = parse_xml(argv[2]);
    else if (file != NULL && strcmp(argv[1], "yaml") == 0)
        fine = parse_yaml(file);
    if (file != NULL)
        fclose(file);
    if (!fine)
        fprintf(stderr, "parse_only: cannot parse\n");
    return fine ? 0 : 1;
}
