#!/usr/bin/env bash
# The drill of a backup: two devices sync through a relay, which is copied while it runs, and lost. The copy is put back,
# and both devices have everything.
#
#     examples/backup.sh                               # builds what it needs
#     examples/backup.sh --workspace --features full   # builds it with these arguments of cargo
#
# What an operator does in it stands under "== the operator".
set -euo pipefail
source "$(dirname "$0")/two_devices.sh"

admin() {
    "$relay" admin "$@"
}

step "two devices sync"
laptop add "Before the backup" >/dev/null
start_relay 127.0.0.1:0
pair
await_phone '^\+ .*Before the backup'

step "the operator makes a backup while the relay runs"
store=$folder/relay/ara-relay.db
backup=$folder/ara-relay.db
admin backup "$backup" --store "$store"
admin check --store "$backup"

step "the devices go on, and the relay is lost"
phone add "After the backup" >/dev/null
await_laptop '^\+ .*After the backup$'
kill_relay
await_laptop '^not connected'
await_phone '^not connected'
rm -rf "$folder/relay"
laptop add "While it was away" >/dev/null

step "the operator puts the backup back"
mkdir "$folder/relay"
cp "$backup" "$store"
admin check --store "$store"
start_relay "$address"

step "the devices bring back what is missing"
await_phone '^\+ .*While it was away$'
phone add "After all" >/dev/null
await_laptop '^\+ .*After all$'
end_devices
admin check --store "$store"
list laptop
assert_equal
[ "$(list laptop | wc -l)" -eq 4 ] || fail "the lists are equal, and lack something"
step "nothing was lost"
