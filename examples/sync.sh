#!/usr/bin/env bash
# Two devices with different versions of the to-do app sync through a relay. Nobody has to type anything.
#
#     examples/sync.sh                                # builds what it needs
#     examples/sync.sh --workspace --all-features     # builds it with these arguments of cargo
#
# It shows what the devices show, and fails if one of them does not have what the other one wrote.
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

# The laptop has last year's app, which knows only titles, and whether a todo is done.
laptop() {
    "$todo" --file "$folder/laptop.db" --last-year "$@"
}

phone() {
    "$todo" --file "$folder/phone.db" "$@"
}

step() {
    printf '\n== %s\n' "$*"
}

fail() {
    echo "sync.sh failed: $*" >&2
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
await_laptop() { await laptop 5 "$1"; }
await_phone() { await phone 6 "$1"; }

# The number that a list gives the todo with this text.
number() {
    grep -F -m 1 -- "$1" | grep -o '[0-9]\+' | sed -n 1p
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
    exec 7< <(exec "$relay" --listen "$1" --store "$folder" --log warn 3>&- 4>&-)
    relay_id=$!
    running+=("$relay_id")
    await relay 7 'listens on http://([^ ]+)'
    address=${BASH_REMATCH[1]}
}

step "a list on the laptop, in last year's app"
laptop add "Buy milk" >/dev/null
laptop add "Ring the landlord" >/dev/null
laptop add "Water the plants"
start_relay 127.0.0.1:0
url=http://$address

step "the phone, with this year's app, joins"
exec 5< <(exec "$todo" --file "$folder/laptop.db" --last-year sync "$url" <"$folder/laptop" 2>&1)
running+=($!)
await_laptop '^code: (.+)'
exec 6< <(exec "$todo" --file "$folder/phone.db" pair "$url" "${BASH_REMATCH[1]}" <"$folder/phone" 2>&1)
running+=($!)
await_phone '^digits: (.+)'
digits=${BASH_REMATCH[1]}
await_laptop 'phone wants in'
echo "$digits" >&3
await_laptop 'phone is in'
echo y >&4
await_phone '^\+ Water the plants'
phone list

step "each sees what the other one writes"
phone edit "$(phone list | number landlord)" "(A) Ring the landlord +move due:2026-11-30" >/dev/null
await_laptop '^\+ Ring the landlord \+move$'
phone rm "$(phone list | number plants)" >/dev/null
await_laptop '^- Water the plants$'
laptop add "Measure the hallway" >/dev/null
await_phone '^\+ Measure the hallway$'

step "the relay is gone, and both go on without it"
kill -KILL "$relay_id"
wait "$relay_id" || true
running=("${running[@]:1}")
await_laptop '^not connected'
await_phone '^not connected'
laptop edit "$(laptop list | number milk)" "Buy oat milk" >/dev/null
laptop done "$(laptop list | number landlord)" >/dev/null
phone done "$(phone list | number milk)" >/dev/null
phone add "Label the boxes due:2026-12-05" >/dev/null

step "the relay is back"
start_relay "$address"
await_laptop '^\+ Label the boxes$'
await_phone '^\+ x \(A\) Ring the landlord \+move due:2026-11-30$'

step "the laptop gets this year's app, and has what last year's could not show"
echo >&3
echo >&4
wait "${running[@]:0:2}"
running=("$relay_id")
phone devices "$url"
list() {
    "$todo" --file "$folder/$1.db" export | LC_ALL=C sort
}
list laptop
cmp <(list laptop) <(list phone) || fail "the lists are not equal: the phone has $(list phone)"
# The days on which it was written and done depend on today.
cmp <(list laptop | sed 's/[0-9]*-[0-9]*-[0-9]* //g') - <<END || fail "the lists are equal, and wrong"
Label the boxes due:2026-12-05
Measure the hallway
x (A) Ring the landlord +move due:2026-11-30
x Buy oat milk
END
step "both devices have everything"
