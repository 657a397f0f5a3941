#!/bin/bash
# What a result says of its environment without the program's help, and what budgets make of it.
# usage: environment.sh HEAPGATE USER LIBRARY ROWSTREAM SQLITE-VERSION
set -u
heapgate=$1 user=$2 library=$3 rowstream=$4 sqlite=$5
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failed=0 runs=0

fault() {
    echo "FAULT: $*"
    sed 's/^/    /' said
    failed=1
}

# says TEXT: in what heapgate said last.
says() {
    grep -qF -- "$1" said || fault "does not say: $1"
}

# run STATUS OPTION... -- COMMAND...
run() {
    local wanted=$1 status
    shift
    runs=$((runs + 1)) # one run measures a case but once
    HEAPGATE_RUN_ID=environment-$runs timeout -k 5 60 "$heapgate" run --case g/a --color never \
        --progress never "$@" >said 2>&1
    status=$?
    [ $status -eq "$wanted" ] || fault "run $*: status $status, wanted $wanted"
}

# verb STATUS VERB OPTION...
verb() {
    local wanted=$1 status
    shift
    timeout -k 5 60 "$heapgate" "$@" >said 2>&1
    status=$?
    [ $status -eq "$wanted" ] || fault "$*: status $status, wanted $wanted"
}

# has TEXT: in the result.
has() {
    grep -qF -- "$1" heapgate-results/g/a.json && return
    cp heapgate-results/g/a.json said
    fault "the result has no $1"
}

cp "$user" user
for version in 1.2.3 1.2.4; do
    mkdir $version
    cp "$library" $version/libdemo.so.$version
    ln -s libdemo.so.$version $version/libdemo.so.1
done
export LD_LIBRARY_PATH=$PWD/1.2.3

# ---- What stands in the result ----
run 0 --environment 'data=small, really' -- ./user 1000
has '"libdemo.so.1": "file 1.2.3"'
has '"data": "small, really"'
has '"compiler": "'
(. /etc/os-release && [ -n "${VERSION_ID:-}" ] && echo "\"distribution\": \"$ID $VERSION_ID\"") >wanted &&
    has "$(cat wanted)"
run 0 -- "$rowstream" --version
has "\"libsqlite3.so.0\": \"$sqlite\""
grep -q '"libheapgate' heapgate-results/g/a.json && fault 'the environment lists what heapgate brings along'

# A wrapper's own environment is that of the program which is chosen.
printf '#!/bin/sh\nLD_LIBRARY_PATH=$PWD/1.2.4 ./user 1000\nexit 0\n' >wrapper && chmod +x wrapper
run 0 --process user -- ./wrapper
has '"libdemo.so.1": "file 1.2.4"'

# ---- Conditions ----
cat >g.yaml <<'Y'
schema: 1
cases:
  a:
    peak: 1
    variants:
      - { when: { sqlite: "<2" }, peak: 2 }
      - { when: { libsqlite3: ">=3" }, peak: 1 GiB }
Y
run 0 --budgets g.yaml -- "$rowstream" --version
sed -i 's/sqlite: /sqlit: /' g.yaml
run 3 --budgets g.yaml -- "$rowstream" --version
says 'when asks for "sqlit", which this result'"'"'s environment does not have: it has arch, '
says '(g.yaml:6)'
verb 3 check --budgets g.yaml
says 'when asks for "sqlit"'
verb 3 update --budgets g.yaml --raise
run 0 --budgets g.yaml --environment sqlit=3 -- "$rowstream" --version
run 1 --budgets g.yaml --environment sqlit=3 --environment libsqlite3=2 -- "$rowstream" --version
cat >g.yaml <<'Y'
schema: 1
cases:
  a: { peak: 1, variants: [ { when: { demo: ">=1" }, peak: 1 MiB } ] }
Y
run 3 --budgets g.yaml -- ./user 1000
says 'of which only the number in the file'
sed -i 's/">=1"/">=file 1.2"/' g.yaml
run 0 --budgets g.yaml -- ./user 1000
for pair in arch=x =1 a a= 'a b=1'; do
    run 2 --environment "$pair" -- ./user 1000
    says '--environment: '
done

# ---- The record of what figures were taken in ----
rm g.yaml
run 0 -- ./user 1000
verb 0 update --budgets g.yaml --raise
grep -B1 '^cases:' g.yaml | grep -q '^measured: { .*libdemo: file 1.2.3 }$' || { cp g.yaml said; fault 'no record'; }
cp g.yaml before.yaml
export LD_LIBRARY_PATH=$PWD/1.2.4
run 0 --budgets g.yaml -- ./user 1000
verb 0 update --budgets g.yaml --raise
cmp -s g.yaml before.yaml || { cp g.yaml said; fault 'the record changed with no figure'; }
run 1 --budgets g.yaml -- ./user 5000
[ "$(grep -A1 '^OVER' said | tail -1)" = \
    '  this budget is of libdemo file 1.2.3; this run had file 1.2.4' ] ||
    fault 'does not begin with what differs'
verb 1 check --budgets g.yaml
says 'this budget is of libdemo file 1.2.3; this run had file 1.2.4'
verb 0 update --budgets g.yaml --raise
diff before.yaml g.yaml >said
[ "$(grep -c '^[<>]' said)" -eq 3 ] || fault 'more than the figure and the record changed'
says '>     measured: { libdemo: file 1.2.4 }'
run 0 --budgets g.yaml -- ./user 5000
run 1 --budgets g.yaml -- ./user 9000
grep -q 'this budget is of' said && fault 'tells a difference where there is none'

exit $failed
