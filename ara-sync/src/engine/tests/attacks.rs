//! Attackers, and what each of them cannot do.
//!
//! | who | cannot | test |
//! |---|---|---|
//! | the relay | read data, names, edit times | `disk::nothing_of_a_session_can_be_read_at_the_relay` |
//! | | change | `disk::every_bit_that_is_flipped_on_the_way_is_noticed`, `disk::every_bit_that_is_flipped_on_the_disk_is_noticed`, `relay::parts_and_heads_of_others_are_not_taken` |
//! | | drop within a node, or the newest for good | `relay::what_is_passed_over_is_missed_and_read_later`, `relay::the_newest_is_missed_once_another_device_tells_of_it` |
//! | | reorder, replay, roll back | `relay::an_old_answer_is_no_new_one`, `relay::segments_in_another_order_are_noticed`, `relay::one_device_that_is_shown_the_past_comes_back` |
//! | | fork the access log | `relay::two_devices_that_are_shown_two_access_logs_stop` |
//! | | add a member, forge | `relay::a_device_that_it_invents_is_none`, `relay::what_strangers_sealed_is_not_taken` |
//! | | pass a space off as another | `relay::another_space_is_not_taken_for_this_one` |
//! | | say that it was deleted, moved, or is unknown | `relay::refusals_that_lie_do_no_harm` |
//! | | hide a removal from who opens what comes after it | `relay::a_removal_that_is_hidden_is_missed` |
//! | | keep a device busy, or fill its memory | `relay::no_lie_keeps_a_round_busy_for_ever`, `bombs`, `memory` |
//! | | make who has only the words join another space | `words` |
//! | a removed device | write anything that counts | `removed` |
//! | | read what is written from then on | `thief::who_is_out_reads_nothing_that_is_written_from_then_on` |
//! | who holds a device | hide whom it let in | `thief` |
//! | another member | lose or change what others have | `member`, `sealed_again::lied_about` |
//! | the network | what the relay cannot, or replay | `network` |
//! | who saw a pairing code | join without the six digits | `code` |

mod bombs;
mod code;
mod disk;
pub(super) mod forger;
mod member;
// Where the system tells how much memory a process had at most.
#[cfg(target_os = "linux")]
mod memory;
mod network;
mod relay;
mod removed;
mod thief;
mod words;
