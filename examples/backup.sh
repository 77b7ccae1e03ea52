#!/usr/bin/env bash
# The drill of a backup: two devices sync through a relay, which is copied while it runs, and lost. The copy is put back,
# and both devices have everything.
#
#     examples/backup.sh                                # builds what it needs
#     examples/backup.sh --workspace --all-features     # builds it with these arguments of cargo
#
# What an operator does in it stands under "== the operator".
set -euo pipefail
cd "$(dirname "$0")/.."

# For how many seconds a program may say nothing. It takes milliseconds, unless the machine is busy.
patience=60

[ $# -gt 0 ] || set -- --package ara --package ara-relay --features ara/sync
built=$(cargo build --quiet --message-format json-render-diagnostics "$@" --example todo --bin ara-relay)

program() {
    grep -o '"executable":"[^"]*"' <<<"$built" | cut -d '"' -f 4 | grep "/$1\$"
}
todo=$(program todo)
relay=$(program ara-relay)
folder=$(mktemp -d)
unset TODO_DB TODO_RELAY
mkdir "$folder/relay" "$folder/backup"

laptop() {
    "$todo" --file "$folder/laptop.db" "$@"
}

phone() {
    "$todo" --file "$folder/phone.db" "$@"
}

step() {
    printf '\n== %s\n' "$*"
}

fail() {
    echo "backup.sh failed: $*" >&2
    exit 1
}

# Shows what a program says, from a file descriptor, until a line matches. That is in $line then.
await() {
    local name=$1 from=$2 pattern=$3
    while IFS= read -r -t "$patience" -u "$from" line; do
        echo "$name: $line"
        [[ ! $line =~ $pattern ]] || return 0
    done
    fail "the $name did not say: $pattern"
}

running=()
end() {
    local code=$?
    trap - EXIT
    # The programs that still run are this script's own.
    [ "${#running[@]}" -eq 0 ] || kill "${running[@]}" 2>/dev/null || true
    rm -rf "$folder"
    exit "$code"
}
trap end EXIT
trap 'exit 130' INT TERM

# In these pipes is what the users type. They are held open for writing and, so that this waits for nobody, for reading.
mkfifo "$folder/laptop" "$folder/phone"
exec 3<>"$folder/laptop" 4<>"$folder/phone"

start_relay() {
    exec 7< <(exec "$relay" --listen "$1" --store "$folder/relay" --log warn 3>&- 4>&-)
    relay_id=$!
    running+=("$relay_id")
    await relay 7 'listens on http://([^ ]+)'
    address=${BASH_REMATCH[1]}
}

admin() {
    "$relay" admin "$@"
}

step "two devices sync"
laptop add "Before the backup" >/dev/null
start_relay 127.0.0.1:0
url=http://$address
exec 5< <(exec "$todo" --file "$folder/laptop.db" sync "$url" <"$folder/laptop" 2>&1)
running+=($!)
await laptop 5 '^code: (.+)'
exec 6< <(exec "$todo" --file "$folder/phone.db" pair "$url" "${BASH_REMATCH[1]}" <"$folder/phone" 2>&1)
running+=($!)
await phone 6 '^digits: (.+)'
digits=${BASH_REMATCH[1]}
await laptop 5 'phone wants in'
echo "$digits" >&3
await laptop 5 'phone is in'
echo y >&4
await phone 6 '^\+ .*Before the backup'

step "the operator makes a backup while the relay runs"
store=$folder/relay/ara-relay.db
backup=$folder/backup/ara-relay.db
admin backup "$backup" --store "$store"
admin check --store "$backup"

step "the devices go on, and the relay is lost"
phone add "After the backup" >/dev/null
await laptop 5 '^\+ .*After the backup$'
kill -KILL "$relay_id"
wait "$relay_id" || true
running=("${running[@]:1}")
await laptop 5 '^not connected'
await phone 6 '^not connected'
rm -rf "$folder/relay"
laptop add "While it was away" >/dev/null

step "the operator puts the backup back"
mkdir "$folder/relay"
cp "$backup" "$store"
admin check --store "$store"
start_relay "$address"

step "the devices bring back what is missing"
await phone 6 '^\+ .*While it was away$'
phone add "After all" >/dev/null
await laptop 5 '^\+ .*After all$'
echo >&3
echo >&4
wait "${running[@]:0:2}"
running=("$relay_id")
admin check --store "$store"
list() {
    "$todo" --file "$folder/$1.db" export | LC_ALL=C sort
}
list laptop
cmp <(list laptop) <(list phone) || fail "the lists are not equal: the phone has $(list phone)"
[ "$(list laptop | wc -l)" -eq 4 ] || fail "the lists are equal, and lack something"
step "nothing was lost"
