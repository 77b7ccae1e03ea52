//! The steps of a story: what can be done, and how often.

use crate::engine::base::Outcome;
use crate::engine::tests::simulation::story::{Feature, Story};

/// What can be done: how often, by which feature, if by one, and how.
type Step = (usize, Option<Feature>, fn(&mut Story));

const STEPS: [Step; 28] = [
    (24, None, Story::write),
    (32, None, Story::sync),
    (2, None, |story| story.add_if_few(false)),
    (2, None, |story| story.add_if_few(true)),
    (2, None, Story::rotate),
    (2, None, Story::restart),
    (5, Some(Feature::Faults), Story::late),
    (5, Some(Feature::Direct), Story::meet),
    (4, Some(Feature::Removals), |story| story.remove(1)),
    (2, Some(Feature::Removals), |story| story.remove(2)),
    (8, Some(Feature::Removals), Story::write_outside),
    (2, Some(Feature::Removals), Story::come_back),
    (3, Some(Feature::Leaving), Story::leave),
    (4, Some(Feature::Words), Story::set_words),
    (2, Some(Feature::Words), Story::recover),
    (2, Some(Feature::Moves), Story::move_on),
    (2, Some(Feature::StartingOver), Story::start_over),
    (1, Some(Feature::StartingOver), Story::delete_at_relay),
    (4, Some(Feature::Compaction), Story::compact),
    (6, Some(Feature::PuttingBack), Story::keep_relay),
    (6, Some(Feature::PuttingBack), Story::put_back),
    (2, Some(Feature::PuttingBack), Story::wipe),
    (4, Some(Feature::Quota), Story::limit),
    (4, Some(Feature::Versions), Story::update),
    (10, Some(Feature::Files), Story::back_up_or_restore),
    (6, Some(Feature::Crashes), Story::crash),
    (12, Some(Feature::Meanwhile), Story::at_the_same_time),
    (3, None, Story::rarely),
];

impl Story {
    /// Does something that can happen in this story.
    pub(super) fn step(&mut self) {
        self.tick();
        let can = |(_, feature, _): &&Step| feature.is_none_or(|feature| self.has(feature));
        let steps: Vec<_> = STEPS.iter().filter(can).collect();
        let mut left = self.dice.below(steps.iter().map(|(weight, ..)| weight).sum());
        for (weight, _, act) in steps {
            if left < *weight {
                act(self);
                break;
            }
            left -= weight;
        }
        self.be_calm();
        self.maker.network.do_not_interrupt();
        if self.dice.per_cent(20) {
            self.check_alarms();
        }
    }

    pub(super) fn pick(&mut self) -> usize {
        self.dice.below(self.members.len())
    }
}

/// Returns what a round did, for people.
pub(super) fn brief(outcome: &Outcome) -> String {
    let Outcome { received, sent, is_complete, .. } = outcome;
    format!("+{received}, sent {sent}{}", if *is_complete { "" } else { ", stopped" })
}
