/* Documents that are refused, and the whole message: a part of rowstream_load_test.c. */
{"json", "", "document: line 1: the document ends where the \"[\" of a fixture is expected"},
    {"json", "{}", "document: line 1: \"{\" where the \"[\" of a fixture is expected"},
    {"json", "[\n1]", "document: line 2: record 1: \"1\" where the \"{\" of a record is expected"},
    {"json", "[{\"a\": 1}]",
     "document: line 1: record 1: unknown key \"a\": a record has \"model\", \"pk\" "
     "and \"fields\""},
    {"json", "[{\"model\": \"x.job\"}]",
     "document: line 1: record 1: no record of a fixture: it has no fields"},
    {"json", "[{\"fields\": {}}]",
     "document: line 1: record 1: no record of a fixture: it has no model"},
    {"json", "[{\"model\": 5, \"fields\": {}}]",
     "document: line 1: record 1: no record of a fixture: it has no model"},
    {"json", "[{\"model\": \"\", \"pk\": \"k\", \"fields\": {\"a\": 1}}]",
     "document: line 1: record 1 ( \"k\"): \"\" is not a model: expected app.name"},
    {"json", "[" JOB("2", "") ",\n" JOB("3", "\"title\": \"x\" \"y\"") "]",
     "document: line 2: record 2: '}' expected near '\"y\"'"},
    {"json", "[" JOB("2", "") "\n" JOB("3", "") "]",
     "document: line 2: record 1: \"{\" where \",\" or \"]\" is expected"},
    {"json", "[" JOB("2", "") ",]",
     "document: line 1: record 2: \"]\" where the \"{\" of a record is expected"},
    {"json", "[" JOB("2", "") ",\n{\"model\": \"x.job\",",
     "document: line 2: record 2: the document ends within the record"},
    {"json", "[" JOB("2", "") ",",
     "document: line 1: record 2: the document ends where the \"{\" of a record is "
     "expected"},
    {"json", "[" JOB("2", "") "] x",
     "document: line 1: \"x\" where the end of the document is expected"},
    {"json", "[" JOB("2", "\"title\": \"a\xFF\"") "]",
     "document: line 1: record 1: unable to decode byte 0xff near '\"a'"},
    {"json", "[" JOB("2", "\"title\": \"a\\u0000\"") "]",
     "document: line 1: record 1: \\u0000 is not allowed without JSON_ALLOW_NUL near "
     "'\"a\\u0000\"'"},
    {"json", "[{\"model\": \"x.none\", \"pk\": 1, \"fields\": {}}]",
     "document: line 1: record 1 (x.none 1): unknown model \"x.none\": no table "
     "\"x_none\": the tables are \"x_job\", \"x_job_tags\", \"x_log\", \"x_pair\", "
     "\"x_tag\""},
    {"json", "[{\"model\": \"sqlite.schema\", \"pk\": 1, \"fields\": {}}]",
     "document: line 1: record 1 (sqlite.schema 1): unknown model \"sqlite.schema\": "
     "no table \"sqlite_schema\": the tables are \"x_job\", \"x_job_tags\", "
     "\"x_log\", \"x_pair\", \"x_tag\""},
    {"json", "[{\"model\": \"job\", \"pk\": 1, \"fields\": {}}]",
     "document: line 1: record 1 (job 1): \"job\" is not a model: expected app.name"},
    {"json", "[" JOB("2", "\"none\": 1") "]",
     "document: line 1: record 1 (x.job 2), field \"none\": no such field: the "
     "columns of table \"x_job\" are \"id\", \"title\", \"n\", \"up_id\""},
    {"json", "[" JOB("2", "\"id\": 1") "]",
     "document: line 1: record 1 (x.job 2), field \"id\": this is the primary key, "
     "which a record gives as its pk"},
    {"json", "[" JOB("2", "\"title\": 1, \"title\": 2") "]",
     "document: line 1: record 1: duplicate object key near '\"title\"'"},
    {"json", "[" JOB("2", "\"up\": 1, \"up_id\": 2") "]",
     "document: line 1: record 1 (x.job 2), field \"up_id\": field \"up\" is the same "
     "column"},
    {"json", "[\n" JOB("2", "\"n\": 1") ",\n" JOB("3", "\"n\": \"x\"") "]",
     "document: line 3: record 2 (x.job 3), field \"n\": \"x\" is not a whole number "
     "of 64 bits, as column \"n\" (INTEGER) takes"},
    {"json", "[" JOB("2", "\"n\": 1.5") "]",
     "document: line 1: record 1 (x.job 2), field \"n\": the number 1.5 is not a "
     "whole number of 64 bits, as column \"n\" (INTEGER) takes"},
    {"json", "[" JOB("2", "\"n\": 9223372036854775808") "]",
     "document: line 1: record 1: too big integer near '9223372036854775808'"},
    {"json", "[" JOB("2", "\"n\": \"9223372036854775808\"") "]",
     "document: line 1: record 1 (x.job 2), field \"n\": \"9223372036854775808\" is not a "
     "whole number of 64 bits, as column \"n\" (INTEGER) takes"},
    {"json", "[" JOB("\"x\"", "\"n\": 1") "]",
     "document: line 1: record 1 (x.job \"x\"): pk: \"x\" is not a whole number of 64 "
     "bits, as column \"id\" (INTEGER) takes"},
    {"json", "[" JOB("2", "\"title\": true") "]",
     "document: line 1: record 1 (x.job 2), field \"title\": true is not a text, as "
     "column \"title\" (TEXT) takes"},
    {"json", "[" JOB("2", "\"title\": {}") "]",
     "document: line 1: record 1: field \"title\": an object where a value is expected"},
    {"json", "[" JOB("2", "\"up\": [\"a\", \"b\"]") "]",
     "document: line 1: record 1 (x.job 2), field \"up\": a natural key: only primary "
     "keys can be loaded (dumpdata without --natural-foreign)"},
    {"json", "[" JOB("2", "\"tags\": [[\"a\"]]") "]",
     "document: line 1: record 1 (x.job 2), field \"tags\": a natural key: only "
     "primary keys can be loaded (dumpdata without --natural-foreign)"},
    {"json", "[" JOB("2", "\"tags\": 1") "]",
     "document: line 1: record 1 (x.job 2), field \"tags\": the field is a list of "
     "keys, but the record has none"},
    {"json", "[" JOB("2", "\"tags\": [\"x\"]") "]",
     "document: line 1: record 1 (x.job 2), field \"tags\": \"x\" is not a whole "
     "number of 64 bits, as column \"tag_id\" (INTEGER) takes"},
    {"json", "[" JOB("2", "\"tags\": [null]") "]",
     "document: line 1: record 1 (x.job 2), field \"tags\": NOT NULL constraint "
     "failed: x_job_tags.tag_id"},
    {"json", "[" JOB("2", "\"tags\": [1, 3]") "]",
     "sqlite:test.sqlite3: table \"x_job_tags\", row 9: \"tag_id\" refers to a row of "
     "\"x_tag\" that is not there"},
    {"json", "[" JOB("2", "\"up\": 9") "]",
     "sqlite:test.sqlite3: table \"x_job\", row 2: \"up_id\" refers to a row of "
     "\"x_job\" that is not there"},
    {"json", "[" JOB("1", "\"n\": 1") "," JOB("2", "") ",\n" JOB("1", "\"n\": 2") "]",
     "document: line 2: record 3 (x.job 1): the key was there in a record before"},
    {"json", "[" JOB("8", "\"n\": 1") "," JOB("8", "\"n\": 2") "]",
     "document: line 1: record 2 (x.job 8): the key was there in a record before"},
    {"json", "[{\"model\": \"x.tag\", \"pk\": 3, \"fields\": {\"label\": \"one\"}}]",
     "document: line 1: record 1 (x.tag 3): UNIQUE constraint failed: x_tag.label"},
    {"json", "[{\"model\": \"x.tag\", \"pk\": 3, \"fields\": {}}]",
     "document: line 1: record 1 (x.tag 3): NOT NULL constraint failed: x_tag.label"},
    {"json", "[{\"model\": \"x.log\", \"pk\": 3, \"fields\": {}}]",
     "document: line 1: record 1 (x.log 3): table \"x_log\" has no primary key of one "
     "column, but the record has a pk"},
    {"json", "[{\"model\": \"x.pair\", \"pk\": 3, \"fields\": {}}]",
     "document: line 1: record 1 (x.pair 3): table \"x_pair\" has no primary key of "
     "one column, but the record has a pk"},
    {"json", "[" JOB("2", "\"up\": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]") "]",
     "document: line 1: record 1: lists or objects within each other more than 16 deep"},
    {"xml", "", "document: line 1: Document is empty"},
    {"xml", "<rss/>", "document: line 1: not a fixture: its root is <rss>, not <django-objects>"},
    {"xml", "<django-objects><object pk=\"1\"/></django-objects>",
     "document: line 1: record 1: an <object> without a model"},
    {"xml", "<django-objects><object model=\"x.job\"><field>x</field></object></django-objects>",
     "document: line 1: record 1: a <field> without a name"},
    {"xml",
     "<django-objects>\n<object model=\"x.job\" pk=\"2\">\n<field name=\"n\">\n</field>"
     "</object></django-objects>",
     "document: line 3: record 1 (x.job \"2\"), field \"n\": \"\n\" is not a whole "
     "number of 64 bits, as column \"n\" (INTEGER) takes"},
    {"xml",
     "<django-objects><object model=\"x.job\" pk=\"2\"><field name=\"n\">1</field></object>\n"
     "<object model=\"x.job\" pk=\"3\"><field name=\"n\">1",
     "document: line 2: record 2: Premature end of data in tag field line 2"},
    {"xml", "<django-objects><object model=\"x.job\" pk=\"2\"></django-objects>",
     "document: line 1: record 1: Opening and ending tag mismatch: object line 1 and "
     "django-objects"},
    {"xml", "<django-objects>text</django-objects>",
     "document: line 1: text outside of the fields"},
    {"xml",
     "<django-objects><object model=\"x.job\" pk=\"2\"><field name=\"up\" rel=\"ManyToOneRel\">"
     "<natural>a</natural></field></object></django-objects>",
     "document: line 1: record 1: a natural key: only primary keys can be loaded "
     "(dumpdata without --natural-foreign)"},
    {"xml",
     "<django-objects><object model=\"x.job\" pk=\"2\"><field name=\"tags\" "
     "rel=\"ManyToManyRel\"><object><natural>a</natural></object></field></object>"
     "</django-objects>",
     "document: line 1: record 1: a natural key: only primary keys can be loaded "
     "(dumpdata without --natural-foreign)"},
    {"xml",
     "<django-objects><object model=\"x.job\" pk=\"2\"><field name=\"title\">&a;</field>"
     "</object></django-objects>",
     "document: line 1: record 1: Entity 'a' not defined"},
    {"xml",
     "<!DOCTYPE x [<!ENTITY a \"b\">]><django-objects><object model=\"x.job\" pk=\"2\"><field "
     "name=\"title\">&a;</field></object></django-objects>",
     "document: line 1: a document type, which a fixture has no use for and which may "
     "define entities"},
    {"xml",
     "<django-objects><object model=\"x.job\" pk=\"2\"><field name=\"title\">a</field>"
     "<field name=\"title\">b</field></object></django-objects>",
     "document: line 1: record 1 (x.job \"2\"), field \"title\": the field "
     "appears twice"},
    {"xml", "<django-objects/><x/>", "document: line 1: Extra content at the end of the document"},
    {"yaml", "", "document: line 1: not a fixture: a list of records is expected"},
    {"yaml", "a: b\n", "document: line 1: not a fixture: a list of records is expected"},
    {"yaml", "- a\n", "document: line 1: no record: a map with model, pk and fields is expected"},
    {"yaml", "- model: x.job\n  pk: 2\n",
     "document: line 1: record 1: no record of a fixture: it has no fields"},
    {"yaml", "- model: x.job\n  pk: 2\n  pk: 3\n",
     "document: line 3: record 1: \"pk\" appears twice"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields: {n: 1, n: 2}\n",
     "document: line 3: record 1 (x.job 2), field \"n\": the field appears twice"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: 'x\n",
     "document: line 5: record 1: while scanning a quoted scalar: found unexpected "
     "end of stream"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: &a x\n- *a\n",
     "document: line 5: record 1: the alias \"*a\": aliases are not loaded"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: 012\n",
     "document: line 4: record 1 (x.job 2), field \"title\": \"012\" is not clearly a "
     "text without quotes, as column \"title\" (TEXT) takes"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: !!python/object:os.system x\n",
     "document: line 4: record 1: the tag "
     "\"tag:yaml.org,2002:python/object:os.system\", which a fixture has no use for"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    n: [[1]]\n",
     "document: line 4: record 1: a natural key: only primary keys can be loaded "
     "(dumpdata without --natural-foreign)"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    n: {a: 1}\n",
     "document: line 4: record 1: a list or map where a value is expected"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields: {}\n---\n- a\n",
     "document: line 4: record 1: a second document"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n\ttitle: x\n",
     "document: line 4: record 1: while scanning for the next token: found character "
     "that cannot start any token"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: \"\\0\"\n",
     "document: line 4: record 1: a NUL character in a text"},
    {"yaml", "- model: x.job\n  pk: 2\n  fields:\n    title: \xFF\n",
     "document: line 1: invalid leading UTF-8 octet"},
