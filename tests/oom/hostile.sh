#!/bin/sh
# Hostile documents: each is refused with its own message, under a limit for the whole process that
# none comes near, however long it goes on.
# usage: hostile.sh HEAPGATE ROWSTREAM
set -u
heapgate=$1 rowstream=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
"$rowstream" seed sqlite:d.sqlite3 --table a_b --rows 0 --columns 'v text' || exit 1

repeat() { # TEXT COUNT: the text so many times
    yes "$1" | head -n "$2" | tr -d '\n'
}
gigabyte() {
    head -c 1073741824 /dev/zero | tr '\0' x
}

# refused FORMAT LIMIT MESSAGE: what is on standard input
refused() {
    "$heapgate" run --case hostile --results results -- "$rowstream" load sqlite:d.sqlite3 - \
        --format "$1" >output 2>&1
    if ! grep -qF "rowstream: standard input: $3" output; then
        echo "wanted: $3"
        sed 's/^/got: /' output
        failures=$((failures + 1))
    fi
    peak=$(sed -n 's/.*"peak_bytes": \([0-9]*\).*/\1/p' results/hostile.json | head -n 1)
    printf '%-5s %10d B  %s\n' "$1" "${peak:-0}" "$3"
    if [ "${peak:-0}" -eq 0 ] || [ "$peak" -gt $(($2 * 1048576)) ]; then
        echo "more than $2 MiB, or nothing measured"
        failures=$((failures + 1))
    fi
}

{ printf '[{"model": "a.b", "pk": 1, "fields": {"v": "'; gigabyte; } |
    refused json 48 'line 1: record 1: the record is larger than 16 MiB'
{ printf '[{"model": "a.b", "pk": 1, "fields": {"v": '; repeat '[' 1000000; } |
    refused json 1 'line 1: record 1: lists or objects within each other more than 16 deep'
{ printf '[{"model": "a.b", "pk": 1, "fields": {"v": ['; repeat '1,' 5000000; } |
    refused json 16 'line 1: record 1: the record has more than 102000 values'
{ printf '[{"model": "a.b", "pk": 1, "fields": {"v": '; repeat 9 1000000; printf '}}]'; } |
    refused json 16 'line 1: record 1: too big integer'
{ printf '<django-objects><object model="a.b" pk="1"><field name="v">'; gigabyte; } |
    refused xml 48 'line 1: record 1: the record is larger than 16 MiB'
{ printf '<django-objects><object model="a.b" pk="'; gigabyte; } |
    refused xml 48 'line 1: AttValue length too long'
{ printf '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    for i in b c d e f g h i j k l m; do
        printf '<!ENTITY %s "%s">' $i "$(repeat "&$(printf '%s' "$i" | tr b-m a-l);" 10)"
    done
    printf ']><django-objects><object model="a.b" pk="1"><field name="v">&m;</field></object>'
    printf '</django-objects>'; } |
    refused xml 1 'line 1: a document type, which a fixture has no use for'
printf '<!DOCTYPE x SYSTEM "file:///etc/passwd"><django-objects/>' |
    refused xml 1 'line 1: a document type, which a fixture has no use for'
{ printf '<django-objects>'; repeat '<object model="a.b">' 100000; } |
    refused xml 1 'line 1: record 1: unexpected element <object>'
{ printf '<django-objects><object '; seq -f 'a%.0f="x"' 1000000 | tr '\n' ' '; } |
    refused xml 2 "line 1: the names of elements and attributes take more than 64 KiB"
{ printf '%b' '- model: a.b\n  pk: 1\n  fields:\n    v: "'; gigabyte; } |
    refused yaml 48 'line 4: record 1: the record is larger than 16 MiB'
{ printf '%b' '- model: a.b\n  pk: 1\n# '; gigabyte; } |
    refused yaml 1 'line 3: record 1: the record is larger than 16 MiB'
{ printf '%b' '- model: a.b\n  pk: 1\n  fields: '; repeat '{v: ' 1000000; } |
    refused yaml 1 'line 3: record 1: a list or map where a value is expected'
printf '%b' '- model: a.b\n  pk: 1\n  fields:\n    v: &a x\n- *a\n' |
    refused yaml 1 'line 5: record 1: the alias "*a": aliases are not loaded'
[ "$failures" -eq 0 ]
