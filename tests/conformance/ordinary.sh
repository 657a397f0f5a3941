#!/bin/sh
# Memory outside the heap is refused only where it is far above what was counted: not of any of these
# ordinary programs, each held to a budget of its peak that it is far below.
# usage: ordinary.sh HEAPGATE SOURCE-FOLDER
set -u
heapgate=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0
passed=0
missing=0

# measure COMMAND...
measure() {
    if ! command -v "$1" >/dev/null; then
        missing=$((missing + 1))
        echo "not here: $1"
        return
    fi
    # Of a compiler's driver the programs that it starts are looked at, too.
    # One run measures a case, which is called as the program, but once.
    HEAPGATE_RUN_ID=ordinary-$((passed + failed)) timeout 120 "$heapgate" run --allow-uncounted --max 100GiB -- "$@" \
        >"$folder/out" 2>"$folder/said" </dev/null
    status=$?
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $*: status $status"
        cat "$folder/said"
    fi
}

# 4 MB of lines in no order, and what the programs below read.
awk 'BEGIN { srand(1); for (i = 0; i < 200000; i++) printf "%d,line %d of a file\n", rand() * 1e9, i }' \
    </dev/null >lines
printf '#include <stdio.h>\nint main(void) { return printf("hello\\n") < 0; }\n' >hello.c
printf '#include <vector>\nint main() { return (int)std::vector<int>(3).size() - 3; }\n' >hello.cc
printf 'all:\n\techo made\n' >Makefile
{ echo '<rows>'; sed 's/.*/<row>&<\/row>/' lines; echo '</rows>'; } >rows.xml
gzip -k lines
mkdir build

measure sh -c 'for i in 1 2 3 4 5; do echo $i; done'
measure bash -c 'for i in {1..1000}; do a[i]=$i; done; echo ${#a[@]}'
measure ls -lR /usr/include
measure cat lines
measure wc lines
measure sort lines
measure sort -n -t, -k1 lines
measure uniq lines
measure head -n 100000 lines
measure tail -n 100000 lines
measure tac lines
measure cut -d, -f1 lines
measure tr a-z A-Z
measure od -c hello.c
measure sha256sum lines
measure cmp lines lines
measure diff --speed-large-files lines lines
measure comm -12 lines lines
measure grep -c '9.*file' lines
measure sed -n 's/line/LINE/p' lines
measure awk -F, '{ s += $1; seen[$2]++ } END { print s }' lines
measure find /usr/share/doc -name 'c*'
measure tar -cf lines.tar lines
measure gzip -c lines
measure gzip -dc lines.gz
measure xz -1 -c lines
measure bzip2 -c lines
measure make
measure cmake --version
measure gcc -O2 -c hello.c
measure gcc -O2 hello.c -o hello
measure as --version
measure objdump -d hello
measure nm -D /lib/x86_64-linux-gnu/libc.so.6
measure git -C "$source" log --oneline -50
measure git -C "$source" status
measure git -C "$source" grep -c heapgate
measure python3 -c 'print(sum(len(str(i)) for i in range(200000)))'
measure perl -e 'my %h; $h{$_ % 1000} .= $_ for 1..200000; print scalar keys %h'
measure sqlite3 :memory: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000) SELECT count(*), sum(i) FROM n'
measure xmllint --noout rows.xml
measure psql --version
measure mariadb --version
measure dpkg-query -W
measure openssl sha256 lines
measure curl --version

echo "$passed passed, $failed failed, $missing not here"
[ $failed -eq 0 ] && [ $passed -ge 30 ]
