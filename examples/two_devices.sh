# What the scripts of this folder share: a laptop and a phone, each with the to-do app, and a relay. It is read by them
# (`source`), builds the programs with the arguments of cargo that it is given, or as it thinks best, and ends what still
# runs when the script ends.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

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
mkdir "$folder/relay"

# What the laptop's app is given besides, such as a version.
laptop_app=()
laptop() {
    "$todo" --file "$folder/laptop.db" ${laptop_app[@]+"${laptop_app[@]}"} "$@"
}

phone() {
    "$todo" --file "$folder/phone.db" "$@"
}

# What a device has, in this year's app.
list() {
    "$todo" --file "$folder/$1.db" export | LC_ALL=C sort
}

assert_equal() {
    cmp <(list laptop) <(list phone) || fail "the lists are not equal: the phone has $(list phone)"
}

step() {
    printf '\n== %s\n' "$*"
}

fail() {
    echo "$(basename "$0") failed: $*" >&2
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
    url=http://$address
}

# The relay is the first that runs.
kill_relay() {
    kill -KILL "$relay_id"
    wait "$relay_id" || true
    running=("${running[@]:1}")
}

# Both sync from now on, and each says what it sees.
pair() {
    exec 5< <(exec "$todo" --file "$folder/laptop.db" ${laptop_app[@]+"${laptop_app[@]}"} sync "$url" <"$folder/laptop" 2>&1)
    running+=($!)
    await_laptop '^code: (.+)'
    exec 6< <(exec "$todo" --file "$folder/phone.db" pair "$url" "${BASH_REMATCH[1]}" <"$folder/phone" 2>&1)
    running+=($!)
    await_phone '^digits: (.+)'
    local digits=${BASH_REMATCH[1]}
    await_laptop 'phone wants in'
    echo "$digits" >&3
    await_laptop 'phone is in'
    echo y >&4
}

# Both end, after they have said all.
end_devices() {
    echo >&3
    echo >&4
    wait "${running[@]:0:2}"
    running=("$relay_id")
}
