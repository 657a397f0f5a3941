#!/bin/sh
# The functions of ours that symbols.c takes out of call stacks, by name, are there under that name: one
# that was renamed would stand in every report.
# usage: own_functions.sh SOURCE-FOLDER
set -eu
source=$1
list=$source/src/measure/symbols.c
names=$(sed -n '/static const char \*const \(names\|inlined\)\[\]/,/};/p' "$list" | grep -o '"[a-z_]*"' | tr -d '"')
[ "$(echo "$names" | wc -l)" -ge 40 ] || { echo "FAULT: $list: the lists were not found"; exit 1; }
failed=0
for name in $names; do
    case $name in
    malloc | calloc | realloc | reallocarray | posix_memalign | aligned_alloc | memalign | valloc | pvalloc)
        continue ;; # libc's names
    esac
    grep -qE "(^|[ *])$name\\(" "$source"/src/alloc/*.[ch] || {
        echo "FAULT: $list names $name, which is no function in src/alloc"
        failed=1
    }
done
exit $failed
