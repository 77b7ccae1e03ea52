//! Filters put together at random.

use ara::prelude::*;
use proptest::prelude::*;

use super::data::{STARS, WEIGHTS};
use super::tables::{Remark, State, Task};

/// What a filter is put together of.
#[derive(Debug, Clone)]
pub enum Tree {
    Leaf(usize),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
}

pub fn tree() -> impl Strategy<Value = Tree> {
    (0..LEAVES).prop_map(Tree::Leaf).prop_recursive(4, 16, 2, |part| {
        let pair = (part.clone().prop_map(Box::new), part.clone().prop_map(Box::new));
        prop_oneof![
            part.prop_map(|part| Tree::Not(Box::new(part))),
            pair.clone().prop_map(|(left, right)| Tree::And(left, right)),
            pair.prop_map(|(left, right)| Tree::Or(left, right)),
        ]
    })
}

impl Tree {
    /// The filter, and the same in SQL.
    pub fn filter(&self) -> (Filter<(Task,)>, String) {
        match self {
            Self::Leaf(number) => leaf(*number),
            Self::Not(part) => {
                let (part, sql) = part.filter();
                (!part, format!("({sql}) IS NOT TRUE"))
            }
            Self::And(left, right) => {
                let ((left, one), (right, other)) = (left.filter(), right.filter());
                (left & right, format!("({one}) AND ({other})"))
            }
            Self::Or(left, right) => {
                let ((left, one), (right, other)) = (left.filter(), right.filter());
                (left | right, format!("({one}) OR ({other})"))
            }
        }
    }
}

const LEAVES: usize = 11;

fn leaf(number: usize) -> (Filter<(Task,)>, String) {
    let (stars, weight) = (STARS[number % STARS.len()], WEIGHTS[number % WEIGHTS.len()]);
    match number {
        0 => (Task::done.eq(true), "done IS true".to_owned()),
        1 => (Task::done.ne(true), "done IS NOT true".to_owned()),
        2 => (Task::stars.lt(stars), format!("stars < {stars}")),
        3 => (Task::stars.is_null(), "stars IS NULL".to_owned()),
        4 => (Task::weight.ge(weight), format!("weight >= {weight:?}")),
        5 => (Task::title.starts_with("a"), "substr(title, 1, 1) = 'a'".to_owned()),
        6 => (Task::note.like("a%"), "note LIKE 'a%'".to_owned()),
        7 => {
            (Task::state.is_in([State::Open, State::Done]), "state IN ('Open', 'Done')".to_owned())
        }
        8 => (Task::level.between(1, 200), "level BETWEEN 1 AND 200".to_owned()),
        9 => (Task::stars.add(1).gt(Task::level.mul(1)), "stars + 1 > level".to_owned()),
        _ => (Remark::task_id.exists(), "id IN (SELECT task_id FROM remark)".to_owned()),
    }
}
