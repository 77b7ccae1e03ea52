#!/usr/bin/env bash
# Two devices with different versions of the to-do app sync through a relay. Nobody has to type anything.
#
#     examples/sync.sh                               # builds what it needs
#     examples/sync.sh --workspace --features full   # builds it with these arguments of cargo
#
# It shows what the devices show, and fails if one of them does not have what the other one wrote.
set -euo pipefail
source "$(dirname "$0")/two_devices.sh"

# The laptop has last year's app, which knows only titles, and whether a todo is done.
laptop_app=(--last-year)

# The number that a list gives the todo with this text.
number() {
    grep -F -m 1 -- "$1" | grep -o '[0-9]\+' | sed -n 1p
}

step "a list on the laptop, in last year's app"
laptop add "Buy milk" >/dev/null
laptop add "Ring the landlord" >/dev/null
laptop add "Water the plants"
start_relay 127.0.0.1:0

step "the phone, with this year's app, joins"
pair
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
kill_relay
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
end_devices
phone devices "$url"
list laptop
assert_equal
# The days on which it was written and done depend on today.
cmp <(list laptop | sed 's/[0-9]*-[0-9]*-[0-9]* //g') - <<END || fail "the lists are equal, and wrong"
Label the boxes due:2026-12-05
Measure the hallway
x (A) Ring the landlord +move due:2026-11-30
x Buy oat milk
END
step "both devices have everything"
