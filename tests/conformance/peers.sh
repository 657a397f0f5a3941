#!/bin/sh
# `heapgate run` on programs that everybody has: their output, input, status, signals and working
# directory are as without it, and its peak agrees with glibc's memusage.
# usage: peers.sh HEAPGATE
set -u
heapgate=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

fault() {
    echo "FAULT: $*"
    failed=1
}

for program in python3 git gcc sqlite3 xmllint memusage; do
    command -v $program >/dev/null && continue
    case ",${HEAPGATE_REQUIRE:-}," in
    *,peers,*) echo "$program is not installed, and HEAPGATE_REQUIRE asks for peers"; exit 1 ;;
    *) echo "skipped: $program is not installed"; exit 77 ;;
    esac
done

# Something to read: a repository, an XML file, a C file.
cd "$folder" || exit 1
git init -q repository
for i in 1 2 3; do
    git -C repository -c user.name=a -c user.email=a@b commit -q --allow-empty -m "commit $i"
done
{
    echo '<items>'
    i=0
    while [ $i -lt 2000 ]; do
        echo "<item id=\"$i\">some text &amp; more of it</item>"
        i=$((i + 1))
    done
    echo '</items>'
} >items.xml
echo 'int main(void) { return 0; }' >main.c

# Plain and measured: the same bytes on standard output and standard error, the same status.
same() {
    name=$1
    shift
    "$@" >plain.out 2>plain.err </dev/null
    plain=$?
    "$heapgate" run --results results --case "$name" -- "$@" >run.out 2>run.err </dev/null
    measured=$?
    cmp -s plain.out run.out || fault "$name: standard output differs"
    # heapgate's own summary follows what the program wrote.
    head -c "$(wc -c <plain.err)" run.err | cmp -s - plain.err || fault "$name: standard error differs"
    [ $plain -eq 0 ] && [ $measured -ne 0 ] && fault "$name: status $measured: $(cat run.err)"
    [ $plain -ne 0 ] && [ $measured -ne 3 ] && fault "$name: status $measured after $plain"
    peak=$(sed -n 's/.*"peak_bytes": *\([0-9]*\).*/\1/p' "results/$name.json" | head -n 1)
    [ "${peak:-0}" -gt 0 ] || fault "$name: peak '$peak'"
    echo "$name: same output, peak $peak"
}

same python3 python3 -c 'import json, sys; print(json.dumps(list(range(1000)))); print("e", file=sys.stderr)'
same git git -C repository log --format=%s
same gcc gcc -O1 -o main main.c
same sqlite3 sqlite3 :memory: 'with recursive n(i) as (select 1 union all select i+1 from n limit 20000) select count(distinct i*7919%10007) from n'
same xmllint xmllint --format items.xml
same failing ls /nonexistent

# memusage counts requested bytes too, and prints its table on standard error.
agrees() {
    name=$1
    shift
    memusage "$@" 2>memusage.err >/dev/null
    theirs=$(sed 's/\x1b\[[0-9;]*m//g' memusage.err | sed -n 's/.*heap peak: \([0-9]*\).*/\1/p')
    ours=$(sed -n 's/.*"peak_bytes": *\([0-9]*\).*/\1/p' "results/$name.json" | head -n 1)
    difference=$((ours - theirs))
    [ $difference -lt 0 ] && difference=$((-difference))
    echo "$name: heapgate $ours, memusage $theirs"
    [ $((difference * 100)) -le "$theirs" ] || fault "$name: over 1% apart"
}
agrees sqlite3 sqlite3 :memory: 'with recursive n(i) as (select 1 union all select i+1 from n limit 20000) select count(distinct i*7919%10007) from n'
agrees xmllint xmllint --format items.xml

# Python's own arenas: said in one note, and only of a Python that uses them.
printf '#!/usr/bin/env python3\npass\n' >direct.py
printf '#!/usr/bin/env -S python3 -B\npass\n' >options.py
printf '#!%s/direct.py\n' "$folder" >indirect.py
chmod +x direct.py options.py indirect.py
note='  note: Python keeps objects of up to 512 bytes in arenas that it maps itself, where no
        allocator sees them: PYTHONMALLOC=malloc in its environment has each one counted'
runs=0
noted() { # yes|no ALLOCATOR COMMAND...
    runs=$((runs + 1)) # each a run by itself, in which the case is measured once
    wanted=$1
    allocator=$2
    shift 2
    HEAPGATE_RUN_ID=noted-$runs PYTHONMALLOC=$allocator "$heapgate" run --results results --case noted -- "$@" 2>noted.err ||
        fault "$*: $(cat noted.err)"
    found=no
    case "$(cat noted.err)" in *"$note"*) found=yes ;; esac
    [ $found = "$wanted" ] || fault "$* with PYTHONMALLOC=$allocator: note $found, wanted $wanted"
}
noted yes '' python3 -c pass
noted yes pymalloc "$(command -v python3)" -c pass
noted yes default ./direct.py
noted yes '' ./options.py
noted yes '' ./indirect.py
noted no malloc python3 -c pass
noted no malloc_debug ./direct.py
noted no '' xmllint --noout items.xml
noted no '' sh -c 'true python3'

# Input, working directory, environment.
[ "$(echo through | "$heapgate" run --results results -- cat 2>/dev/null)" = through ] ||
    fault "standard input does not reach the command"
[ "$("$heapgate" run --results results -- pwd 2>/dev/null)" = "$(pwd)" ] || fault "another folder"

# A signal to heapgate reaches the command; heapgate itself stays to tell.
"$heapgate" run --results results --case signal -- \
    sh -c 'trap "echo caught; exit 0" TERM; echo ready; while :; do sleep 0.05; done' >signal.out 2>/dev/null &
measuring=$!
tries=0
until grep -q ready signal.out 2>/dev/null || [ $tries -ge 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -TERM $measuring
wait $measuring
status=$?
[ $status -eq 0 ] && grep -q caught signal.out || fault "SIGTERM: status $status, $(cat signal.out)"

# The same command 100 times: one figure.
i=0
while [ $i -lt 100 ]; do
    "$heapgate" run --results results --case again -- xmllint --format items.xml >/dev/null 2>&1
    sed -n 's/.*"peak_bytes": *\([0-9]*\).*/\1/p; s/.*"allocations": *\([0-9]*\).*/\1/p' results/again.json | tr '\n' ' '
    echo
    i=$((i + 1))
done | sort | uniq -c >again.out
[ "$(wc -l <again.out)" -eq 1 ] || fault "100 runs, several figures: $(cat again.out)"
echo "100 runs: $(cat again.out)"
exit $failed
