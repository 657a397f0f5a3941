#!/bin/sh
# ci/compare on a git tree of its own: two revisions of a small program, one of which keeps what it
# reads. The tree is dirty, and afterwards as it was; nothing is left in the temporary folder.
# usage: compare_revisions.sh CI-COMPARE HEAPGATE
set -eu
compare=$1
export HEAPGATE=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export TMPDIR=$folder/tmp GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE || true
mkdir "$folder/tmp" "$folder/tree"
cd "$folder/tree"

fail() {
    echo "$name: $*" >&2
    cat "$folder/output" >&2
    exit 1
}

# expect NAME STATUS ARGUMENT...: runs ci/compare, and looks at what it leaves behind
expect() {
    name=$1 wanted=$2 status=0
    shift 2
    before=$(git status --porcelain; cat export.c; git worktree list)
    "$compare" --tree . --run 'sh ./measure' --results kept "$@" >"$folder/output" 2>&1 || status=$?
    [ $status -eq "$wanted" ] || fail "status $status, wanted $wanted"
    [ "$before" = "$(git status --porcelain; cat export.c; git worktree list)" ] ||
        fail "the working copy is not as it was: $(git status --porcelain; git worktree list)"
    [ -z "$(ls "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
}

has() {
    grep -qF -- "$1" "$folder/output" || fail "no \"$1\" in the output"
}

git init -q .
cat >measure <<'END'
set -e
cc -g -fno-builtin -o export export.c
"$HEAPGATE" run --case app/export --units 100 --results kept -- ./export
END
cat >export.c <<'END'
#include <stdlib.h>
static void *read_row(void) { return malloc(100); }
int main(void) {
    for (int i = 0; i < 100; i++)
        free(read_row());
    return 0;
}
END
git add -A
git commit -qm streams
git tag streaming
cat >export.c <<'END'
#include <stdlib.h>
static void *keep_row(void) { return malloc(100); }
int main(void) {
    void *rows[100];
    for (int i = 0; i < 100; i++)
        rows[i] = keep_row();
    for (int i = 0; i < 100; i++)
        free(rows[i]);
    return 0;
}
END
git commit -qam buffers
echo 'int main(void) {' >export.c
git commit -qam broken
git tag broken
git checkout -q HEAD~1
echo '/* not committed */' >>export.c
echo new >untracked

expect "the same revision" 0 --fail-on 0% streaming streaming
has "1 case: 1 the same"
expect "a revision that buffers" 1 --fail-on 5% streaming HEAD
has "app/export  100 B  9.8 KiB"
has "100x  OVER: peak by more than 5%"
has "+10,000 B  keep_row (export.c)"
has "-100 B  read_row (export.c)"
expect "the other way round" 0 --fail-on 5% --format markdown HEAD streaming
has "| app/export | 9.8 KiB | 100 B |"
expect "pages" 0 --out "$folder/out" streaming HEAD
has "$folder/out/pages/index.html"
[ -r "$folder/out/pages/cases/app~export.html" ] && [ -r "$folder/out/base/app/export.json" ] ||
    fail "no pages"
expect "a folder that is there" 2 --out "$folder/out" streaming HEAD
has "ci/compare: $folder/out: is there already: expected a new folder"
expect "an unknown revision" 2 streaming nonsense
has "ci/compare: unknown revision \"nonsense\": expected a commit, branch or tag of $folder/tree"
expect "an option for git" 2 streaming --output=x
has "ci/compare: unknown option \"--output=x\": see ci/compare --help"
expect "options at the end" 1 streaming HEAD --fail-on 'peak=5% + 1 KiB'
has "100x  OVER: peak by more than 5% + 1 KiB"
expect "one revision" 2 streaming
has "ci/compare: expected two revisions, BASE and HEAD: see ci/compare --help"
expect "a revision that does not build" 3 streaming broken
has "export.c:1"
has "ci/compare: head, broken: \"sh ./measure\" left no results in kept (status 1)"

# Told to end in the middle: the worktrees go, and with them what runs in them.
name="ended by a signal"
"$compare" --tree . --run "touch $folder/started; sleep 600 & echo \$! >$folder/sleeper; wait" \
    --results kept streaming HEAD >"$folder/output" 2>&1 &
for _ in $(seq 600); do
    [ ! -s "$folder/sleeper" ] || break
    sleep 0.1
done
status=0
kill -TERM $!
wait $! || status=$?
[ $status -eq 143 ] || fail "status $status, wanted 143"
state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$(cat "$folder/sleeper")/status" 2>/dev/null || true)
case "$state" in '' | Z*) ;; *) fail "its command still runs: $state" ;; esac
[ "$(git worktree list | wc -l)" -eq 1 ] || fail "worktrees are left: $(git worktree list)"
[ -z "$(ls "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
