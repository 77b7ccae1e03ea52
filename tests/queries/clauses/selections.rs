//! Columns, expressions and views instead of whole rows, and each row once.

use ara::prelude::*;

use super::asked::{Asked, Family};
use super::shown::Shown;
use super::tables::{Parent, State, Task, Team};
use support::Outcome;

#[derive(View)]
#[view(Task)]
struct Line {
    title: NonEmptyString<6>,
    note: Option<String>,
    stars: Option<i64>,
}

#[derive(View)]
#[view(Task, Team)]
struct Placed {
    id: Id<Task>,
    state: State,
    due: Option<Timestamp>,
    #[view(Team::name)]
    team: Option<NonEmptyString<6>>,
    #[view(Team::size)]
    size: Option<i64>,
}

#[derive(View)]
#[view(Team, Parent)]
struct Within {
    name: Option<NonEmptyString<6>>,
    #[view(Team::name.of(Parent))]
    parent: NonEmptyString<6>,
}

impl Shown for Line {
    fn show(&self) -> String {
        [self.title.show(), self.note.show(), self.stars.show()].join("|")
    }
}

impl Shown for Placed {
    fn show(&self) -> String {
        let (task, team) = ((self.id, self.state, self.due), (self.team.clone(), self.size));
        [task.show(), team.show()].join("|")
    }
}

impl Shown for Within {
    fn show(&self) -> String {
        [self.name.show(), self.parent.show()].join("|")
    }
}

pub struct Selections;

impl Family for Selections {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let tasks = || on.query::<Task>().order_by(Task::id);
        asked.ordered(tasks().select(Task::title), "SELECT title FROM task ORDER BY id")?;
        let half =
            (Task::id, Task::title, Task::note, Task::done, Task::stars, Task::level, Task::weight);
        asked.ordered(
            tasks().select(half),
            "SELECT id, title, note, done, stars, level, weight FROM task ORDER BY id",
        )?;
        let rest =
            (Task::state, Task::due, Task::team_id, Task::created_at, Task::labels.is_null());
        asked.ordered(
            tasks().narrow(Task::state).select(rest),
            "SELECT state, due, team_id, created_at, labels IS NULL FROM task \
             WHERE state IS NOT NULL ORDER BY id",
        )?;
        let filters = (Task::stars.gt(0), Task::done.is_true(), Task::title.starts_with("a"));
        asked.ordered(
            tasks().select(filters),
            "SELECT (stars > 0) IS TRUE, done IS TRUE, (substr(title, 1, 1) = 'a') IS TRUE \
             FROM task ORDER BY id",
        )?;
        asked.ordered(
            tasks().left_join(Task::team_id).select((Task::title, Team::id, Team::name)),
            "SELECT t.title, g.id, g.name FROM task t LEFT JOIN team g ON g.id = t.team_id ORDER BY t.id",
        )?;
        asked.ordered(
            tasks().join(Task::team_id).narrow(Team::name).select((Team::name, Task::stars)),
            "SELECT g.name, t.stars FROM task t JOIN team g ON g.id = t.team_id \
             WHERE g.name IS NOT NULL ORDER BY t.id",
        )
    }
}

pub struct Views;

impl Family for Views {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let tasks = || on.query::<Task>().order_by(Task::id);
        asked.ordered(
            tasks().view::<Line>(),
            "SELECT title, note, stars FROM task WHERE title IS NOT NULL ORDER BY id",
        )?;
        asked.ordered(
            tasks().narrow(Task::stars).narrow(Task::level).view::<Line>(),
            "SELECT title, note, stars FROM task \
             WHERE title IS NOT NULL AND stars IS NOT NULL AND level IS NOT NULL ORDER BY id",
        )?;
        let placed = "SELECT t.id, t.state, t.due, g.name, g.size FROM task t LEFT JOIN team g \
                      ON g.id = t.team_id WHERE t.state IS NOT NULL ORDER BY t.id";
        asked.ordered(tasks().left_join(Task::team_id).view::<Placed>(), placed)?;
        asked.ordered(
            tasks().join(Task::team_id).view::<Placed>(),
            placed.replace("LEFT JOIN", "JOIN"),
        )?;
        // A view that needs a column of a table that was joined by a left join leaves out the others.
        let teams = on.query::<Team>().left_join_as(Parent, Team::parent_id).order_by(Team::id);
        asked.ordered(
            teams.view::<Within>(),
            "SELECT g.name, p.name FROM team g LEFT JOIN team p ON p.id = g.parent_id \
             WHERE p.name IS NOT NULL ORDER BY g.id",
        )
    }
}

pub struct Distinct;

impl Family for Distinct {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let tasks = || on.query::<Task>();
        asked
            .unordered(tasks().select(Task::stars).distinct(), "SELECT DISTINCT stars FROM task")?;
        asked.unordered(
            tasks().narrow(Task::stars).select(Task::stars).distinct(),
            "SELECT DISTINCT stars FROM task WHERE stars IS NOT NULL",
        )?;
        asked.unordered(
            tasks().select((Task::done, Task::state)).distinct(),
            "SELECT DISTINCT done, state FROM task",
        )?;
        asked.unordered(
            tasks().narrow(Task::title).select((Task::title.lower(), Task::done)).distinct(),
            "SELECT DISTINCT lower(title), done FROM task WHERE title IS NOT NULL",
        )?;
        asked.unordered(
            tasks().left_join(Task::team_id).select(Team::name).distinct(),
            "SELECT DISTINCT g.name FROM task t LEFT JOIN team g ON g.id = t.team_id",
        )?;
        // What cannot be read is absent, and so the same: it stands where nothing stands.
        asked.ordered(
            tasks().select(Task::stars).distinct().order_by(Task::stars.desc()),
            "SELECT DISTINCT stars FROM task ORDER BY stars DESC",
        )?;
        asked.ordered(
            tasks()
                .select((Task::note, Task::done))
                .distinct()
                .order_by(Task::note)
                .order_by(Task::done),
            "SELECT DISTINCT note, done FROM task ORDER BY note, done",
        )
    }
}
