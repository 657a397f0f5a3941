#!/bin/bash
# Which process the figures are of: wrappers, pipes and interpreters, whose own heap is larger than
# that of the program which does the work.
# usage: processes.sh HEAPGATE WORKER
set -u
heapgate=$1 worker=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cp "$worker" worker
failed=0 runs=0

# expect NAME STATUS PATTERN... -- OPTION... -- COMMAND...: runs it, and finds each pattern (fixed
# text, "!" before it: not there) in what heapgate says.
expect() {
    local name=$1 wanted=$2 patterns=() pattern
    shift 2
    while [ "$1" != -- ]; do
        patterns+=("$1")
        shift
    done
    shift
    runs=$((runs + 1)) # one run measures a case but once
    HEAPGATE_RUN_ID=processes-$runs timeout -k 5 60 "$heapgate" run --case t/case --color never --progress never "$@" \
        >said 2>&1
    local status=$?
    if [ $status -ne "$wanted" ]; then
        echo "FAULT: $name: status $status, wanted $wanted"
        failed=1
        sed 's/^/    /' said
    fi
    for pattern in "${patterns[@]}"; do
        if [ "${pattern#!}" != "$pattern" ]; then
            grep -qF -- "${pattern#!}" said || continue
            echo "FAULT: $name: says: ${pattern#!}"
        else
            grep -qF -- "$pattern" said && continue
            echo "FAULT: $name: does not say: $pattern"
        fi
        failed=1
        sed 's/^/    /' said
    done
}

# A shell's peak is its own variables: they make it larger than the program's.
printf '#!/bin/bash\nx=$(printf %%050000d 0)\n./worker 20000 100\nexit 0\n' >wrapper.sh
# As libtool's wrappers do: the program replaces the script.
mkdir .libs && cp worker .libs/lt-worker
printf '#! /bin/sh\nexec "$PWD/.libs/lt-worker" ${1+"$@"}\n' >lt
printf 'import subprocess, sys\nx = "x" * 10_000_000\nsys.exit(subprocess.call(["./worker", "20000", "2000"]))\n' \
    >caller.py
printf '#!/bin/sh\n./worker 20000 100 "$1"\nexit 0\n' >pass.sh
mkdir masked && printf 'schema: 1\ncases: { case: { peak: 1 } }\n' >masked/t.yaml
chmod +x wrapper.sh lt pass.sh

expect 'a shell has the higher peak' 0 'these are of     /' 'bash ./wrapper.sh, beside 3 other' \
    'note: worker did more work than bash (it allocated 2,000,000 B in 100 calls); its own figures: --process worker' \
    -- -- ./wrapper.sh
# A password that a command is given is neither told nor kept, nor printed to measure the case again.
expect 'a password is masked' 1 '!top-secret' "'mysql://me:***@host/db'" \
    -- --engine count,profile --budgets masked/t.yaml -- ./pass.sh 'mysql://me:top-secret@host/db'
grep -rq 'top-secret' heapgate-results && { echo 'FAULT: a password is kept in a result'; failed=1; }
grep -q 'mysql://me:\*\*\*@host/db' heapgate-results/t/case.json || { echo 'FAULT: it is not there masked'; failed=1; }
expect 'the worker is chosen' 0 'peak                       20,000 B' \
    "these are of     $PWD/worker 20000 100 (--process worker), beside 3 other" '!note:' \
    'of which this one was chosen' -- --process worker -- ./wrapper.sh
# A program may be called otherwise than its file: both names are its own.
for name in worker other; do
    expect "$name, of a program with two names" 0 'peak                       20,000 B' -- \
        --process $name -- bash -c 'exec -a other ./worker 20000 100'
done
expect 'a pattern of the name' 0 'peak                       20,000 B' -- --process 'w?rk*' -- ./wrapper.sh
expect 'the whole path' 0 'peak                       20,000 B' -- --process "*/worker" -- ./wrapper.sh
expect 'another path' 3 'no process matches "/usr/*/worker" (--process): those that ran are of ' \
    "$PWD/worker" -- --process '/usr/*/worker' -- ./wrapper.sh
expect 'none matches' 3 'count: no process matches "wrk" (--process): those that ran are of bash, worker' \
    -- --process wrk -- ./wrapper.sh
expect 'the wrapper execs' 0 "these are of     $PWD/.libs/lt-worker 3000000 2, beside 1 other process" \
    'peak                    3,000,000 B' '!note:' -- -- ./lt 3000000 2
expect 'the wrapper execs a small one' 0 'peak                          100 B' -- \
    --process lt-worker -- ./lt 100 2
expect 'a pipe' 0 "these are of     $PWD/worker 3000000 2, beside " '!note:' \
    -- -- sh -c './worker 3000000 2 | cat'
expect 'the end of a pipe' 0 '/cat -u (--process cat), beside ' -- --process cat -- \
    sh -c './worker 3000000 2 | cat -u'
expect 'one process alone' 0 '!these are of' '!note:' -- -- ./worker 1000 1
expect 'no budget passes by another name' 3 'no process matches "cat"' -- --max 1GiB \
    --process cat -- ./worker 1000 1
expect 'over, by the wrapper' 1 'OVER t/case' 'bash ./wrapper.sh, beside 3 other' \
    'its own figures: --process worker' -- --max 1KiB -- ./wrapper.sh
timeout 60 "$heapgate" update --raise --budgets t.yaml --case t/case >/dev/null
sed -i 's/peak: .*/peak: 1000/' t.yaml
"$heapgate" check --budgets t.yaml >said
grep -qF 'bash ./wrapper.sh, beside 3 other' said && grep -qF -- '--process worker' said || {
    echo 'FAULT: check does not say whose figures are over'
    failed=1
    cat said
}
expect 'the worker is within' 0 'within budget' -- --max 20000 --process worker -- ./wrapper.sh
expect 'an empty name' 2 '--process: expected the name of a program' -- --process '' -- ./worker 1 1

if command -v python3 >/dev/null; then
    python=$(python3 -c 'import sys; print(sys.executable)')
    expect 'a Python script has the higher peak' 0 'caller.py, beside ' \
        'its own figures: --process worker' -- -- "$python" caller.py
    expect 'what the Python script calls' 0 'peak                       20,000 B' -- \
        --process worker -- "$python" caller.py
fi

expect 'who held it in the chosen one' 0 'peak (profile)             20,000 B' 'main (worker.c:' -- \
    --engine count,profile --process worker -- ./wrapper.sh
if command -v valgrind >/dev/null; then
    expect 'Massif chooses the same' 0 'peak                       20,000 B' \
        'peak (massif)              20,000 B' -- --engine all --process worker -- ./wrapper.sh
    expect 'Massif alone' 0 'peak (massif)              20,000 B' \
        'these are of     ./worker 20000 100 (--process worker), beside ' -- \
        --engine massif --process worker -- ./wrapper.sh
    expect 'the interpreter of a script under Massif' 0 'these are of     ./wrapper.sh' -- \
        --engine massif --process bash -- ./wrapper.sh
    expect 'none matches under Massif' 3 'massif: no process matches "wrk" (--process)' -- \
        --engine massif --process wrk -- ./wrapper.sh
fi

# The result names the process, for what reads it later.
"$heapgate" run --case t/case --process worker -- ./wrapper.sh 2>/dev/null
for key in '"program": "'"$PWD/worker"'"' '"others": 3' '"chosen_by": "worker"' '"20000"'; do
    grep -qF -- "$key" heapgate-results/t/case.json && continue
    echo "FAULT: the result has no $key"
    failed=1
done

exit $failed
