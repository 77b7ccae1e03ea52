//! A round of sync, and what changes who is a member.
//!
//! An [`Engine`](base::Engine) is sync of one file. Its [`round`](base::Engine::round) sends what is new here, and
//! takes over what is new at the relay, until nothing is left. Nothing that the relay answers is believed without a
//! check, and whatever arrives is merged in the same transaction that notes it.

pub(crate) mod base;
mod change;
mod content;
pub(crate) mod device;
mod doubting;
mod founding;
mod holes;
pub(crate) mod joining;
mod judging;
pub(crate) mod leaving;
mod own_slot;
mod pushing;
mod reading;
mod records;
pub(crate) mod recovery;
mod refusals;
mod rereading;
mod resealing;
mod rewound;
mod round;
mod sealing;
pub(crate) mod settings;
mod tail;
#[cfg(test)]
mod tests;
mod told_alarms;
