#!/bin/sh
# ci/rooms finds what it is there to find: each fault is put into a copy of the source, alone.
# usage: rooms.sh SOURCE-FOLDER COMPILER
set -eu
source=$1 compiler=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# expect NAME TEXT [BUILD-FOLDER]: the copy has a fault, and this is said of it
expect() {
    status=0
    "$source/ci/rooms" --source "$folder/src" ${3:+"$3"} >"$folder/said" || status=$?
    if [ $status -ne 1 ] || ! grep -qF "$2" "$folder/said"; then
        echo "FAULT: $1: status $status, wanted 1 and \"$2\""
        cat "$folder/said"
        failed=1
    fi
    rm -rf "$folder/src"
    cp -r "$source/src" "$folder/src"
}

cp -r "$source/src" "$folder/src"
"$source/ci/rooms" --source "$folder/src" || { echo "FAULT: without a fault"; failed=1; }

echo '#include "gate/gate.h"' >>"$folder/src/budget/judge.c"
expect 'an include up' 'budget may not know gate'
echo '#include "measure/measure.h"' >>"$folder/src/rowstream/load.c"
expect 'of another product' 'rowstream may not know measure'
echo '#include "alloc/heap.h"' >>"$folder/src/measure/engine.c"
expect 'what is for its room alone' 'of alloc only alloc/record.h'
echo '#include "base/rate.h"' >>"$folder/src/base/size.h"
echo '#include "base/size.h"' >>"$folder/src/base/rate.h"
expect 'a circle of headers' 'a circle of includes: base/rate.h, base/size.h'
mkdir "$folder/src/novel" && echo '#include "base/size.h"' >"$folder/src/novel/novel.c"
expect 'a room without a place' 'novel is no room'
touch "$folder/src/budget/gate.c"
expect 'two files called the same' 'is called the same'
yes '' | head -451 >"$folder/src/budget/long.c"
expect 'a long file' '451 lines, more than 450'

mv "$folder/src" "$folder/other" && mkdir "$folder/whole" && mv "$folder/other" "$folder/whole/src"
sed -i 's/\<resize_block\>/resize_it/' "$folder/whole/src/alloc/heap.c"
if "$source/tests/structure/own_functions.sh" "$folder/whole" >"$folder/said"; then
    echo 'FAULT: an own function that was renamed is not seen'
    failed=1
fi
cp -r "$source/src" "$folder/src"

# object ROOM FILE TEXT: as the build would leave it
object() {
    mkdir -p "$folder/build/$1"
    echo "$3" | "$compiler" -c -x c -o "$folder/build/$1/$2.c.o" -
    printf '%s{ "directory": "%s", "file": "%s", "command": "cc -o %s -c" }\n' "${comma:-}" \
        "$folder/build" "$folder/src/$1/$2.c" "$1/$2.c.o" >>"$folder/build/made"
    comma=,
    { echo '['; cat "$folder/build/made"; echo ']'; } >"$folder/build/compile_commands.json"
}
object budget load 'void judge(void); void load(void) { judge(); }'
object budget judge 'void load(void); void judge(void) { load(); }'
expect 'a circle of calls' 'a circle of calls: budget/judge, budget/load' "$folder/build"
object budget load 'void judge(void); void load(void) { }'
object budget judge 'void load(void); void judge(void) { load(); }'
object base size 'void judge(void); void size(void) { judge(); }'
expect 'a call up that no include shows' 'base/size.c: calls judge of budget/judge.c: base may not know budget' \
    "$folder/build"
exit $failed
