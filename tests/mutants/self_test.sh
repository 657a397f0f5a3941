#!/bin/sh
# The script that runs mutants can itself fail: for one that lives, and for a rule that applies no more.
# usage: self_test.sh WORK, the folder of the copy
here=$(dirname "$0")

# expect STATUS TEXT ARGUMENT...
expect() {
    wanted=$1 text=$2
    shift 2
    output=$("$here/run" "$@" 2>&1)
    status=$?
    case $status:$output in
    "$wanted:"*"$text"*) return ;;
    esac
    printf 'run %s: exit status %s, wanted %s and "%s" in:\n%s\n' "$*" $status "$wanted" "$text" "$output"
    exit 1
}

expect 2 'rotten.rules:2: "a line that is not there" stands 0 times in src/budget/condition.c' \
    --check --rules "$here/wrong/rotten"
expect 2 'rotten.rules:4: "another that is not there" stands 0 times in src/budget/margin.c' \
    --check --rules "$here/wrong/rotten"
expect 2 'twice.rules:3: the same as twice.rules:2' --check --rules "$here/wrong/twice"
expect 2 'three.rules:2: 3 fields' --check --rules "$here/wrong/three"
expect 1 'LIVES living.rules:2: ' --work "$1" --rules "$here/wrong/living"
expect 1 'A CONTROL WAS KILLED killed.rules:2: ' --work "$1" --rules "$here/wrong/killed"
expect 2 'broken.rules:2: does not compile' --work "$1" --rules "$here/wrong/broken"
expect 2 'absent.rules:2: there is no test unit/absent_test' --work "$1" --rules "$here/wrong/absent"
