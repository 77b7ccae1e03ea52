//! What is computed from numbers and texts, in filters and as what is selected.

use ara::prelude::*;

use super::asked::{Asked, Family};
use super::by_hand::quoted;
use super::tables::{Task, Team};
use support::Outcome;

pub struct Numbers;

impl Family for Numbers {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let (stars, weight) = (given.stars, given.weight);
        let tasks = || on.query::<Task>().order_by(Task::id);
        let sums = (
            Task::stars.add(stars),
            Task::stars.sub(Task::level),
            Task::stars.mul(2) + Task::level.mul(1),
            Task::level.neg(),
            Task::stars.abs(),
        );
        asked.ordered(
            tasks().select(sums),
            format!(
                "SELECT stars + {stars}, stars - level, stars * 2 + level, -level, abs(stars) \
                 FROM task ORDER BY id"
            ),
        )?;
        let parts = (
            Task::stars.div(stars),
            Task::stars.rem(stars),
            Task::level.div(Task::stars),
            Task::stars.rem(Task::level),
            -(Task::stars.add(1) % 3),
        );
        asked.ordered(
            tasks().select(parts),
            format!(
                "SELECT stars / {stars}, stars % {stars}, level / stars, stars % level, \
                 -((stars + 1) % 3) FROM task ORDER BY id"
            ),
        )?;
        let reals = (
            Task::weight.add(weight),
            Task::weight.div(weight),
            Task::weight.mul(Task::weight) - 1.5,
            Task::weight.round(0),
            Task::weight.div(3.0).round(2),
            Task::weight.sub(0.25).abs(),
        );
        asked.ordered(
            tasks().select(reals),
            format!(
                "SELECT weight + {weight:?}, weight / {weight:?}, weight * weight - 1.5, \
                 round(weight, 0), round(weight / 3, 2), abs(weight - 0.25) FROM task ORDER BY id"
            ),
        )?;
        asked.filter(Task::stars.mul(Task::level).gt(5), "stars * level > 5")?;
        asked.filter(Task::stars.add(1).ne(Task::level.mul(1)), "stars + 1 IS NOT level")?;
        asked
            .filter(Task::weight.mul(2.0).le(Task::weight.add(1.0)), "weight * 2 <= weight + 1")?;
        beyond(asked)
    }
}

/// What lies beyond `i64` is a floating-point number in between, and nothing as an integer.
fn beyond<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let sizes = on.query::<Team>().order_by(Team::id);
    let sizes = sizes.select((Team::size.add(1), Team::size.neg(), Team::size.abs()));
    let integer = |sql: &str| format!("CASE typeof({sql}) WHEN 'integer' THEN {sql} END");
    let columns = [integer("size + 1"), integer("-size"), integer("max(size, -size)")].join(", ");
    asked.ordered(sizes, format!("SELECT {columns} FROM team ORDER BY id"))?;
    let large = on.query::<Team>().filter(Team::size.add(1).gt(i64::MAX)).order_by(Team::id);
    let large = large.select(Team::id);
    asked.ordered(large, "SELECT id FROM team WHERE size + 1 > 9223372036854775807 ORDER BY id")
}

pub struct Texts;

impl Family for Texts {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        matching(asked)?;
        let (on, given) = (asked.on, asked.given);
        let tasks = || on.query::<Task>().order_by(Task::id);
        let changed = (
            Task::title.lower(),
            Task::note.upper(),
            Task::note.trim(),
            Task::title.length(),
            Task::note.substr(2, 2),
            Task::title.substr(-2, 1),
        );
        asked.ordered(
            tasks().select(changed),
            "SELECT lower(title), upper(note), trim(note), length(title), substr(note, 2, 2), \
             substr(title, -2, 1) FROM task ORDER BY id",
        )?;
        let joined = (
            Task::title.concat(given.note),
            Task::title.concat(Task::note),
            Task::note.concat(" ").concat(Task::title.upper()).length(),
            Task::title.text(),
        );
        let note = quoted(given.note);
        asked.ordered(
            tasks().select(joined),
            format!(
                "SELECT title || {note}, title || note, length(note || ' ' || upper(title)), title \
                 FROM task ORDER BY id"
            ),
        )?;
        asked.filter(Task::title.length().gt(1), "length(title) > 1")?;
        asked.filter(
            Task::note.lower().eq(given.note.to_lowercase()),
            format!("lower(note) IS lower({note})"),
        )?;
        asked.filter(Task::title.trim().ne(Task::note), "trim(title) IS NOT note")
    }
}

fn matching<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let (title, note) = (given.title, given.note);
    for pattern in ["a%", "%B", "_b", "%\\_%", "%\\%", "%", ""] {
        let sql = format!("LIKE '{pattern}' ESCAPE '\\'");
        asked.filter(Task::title.like(pattern), format!("title {sql}"))?;
        asked.filter(Task::note.not_like(pattern), format!("(note {sql}) IS NOT TRUE"))?;
    }
    asked.filter(Task::note.trim().like("a%"), "trim(note) LIKE 'a%'")?;
    for part in ["", "a", note, title] {
        let (quoted, length) = (quoted(part), part.chars().count());
        let starts = |column: &str| format!("substr({column}, 1, {length}) = {quoted}");
        // Of a text that is shorter, all is taken; `substr` of none from the end takes all.
        let ends = |column: &str| match length {
            0 => format!("{column} IS NOT NULL"),
            _ => format!("length({column}) >= {length} AND substr({column}, -{length}) = {quoted}"),
        };
        asked.filter(Task::title.starts_with(part), starts("title"))?;
        asked.filter(Task::note.starts_with(part), starts("note"))?;
        asked.filter(Task::note.lower().starts_with(part), starts("lower(note)"))?;
        asked.filter(Task::title.ends_with(part), ends("title"))?;
        asked.filter(Task::note.ends_with(part), ends("note"))?;
        asked.filter(Task::title.contains(part), format!("instr(title, {quoted}) > 0"))?;
        asked.filter(Task::note.contains(part), format!("instr(note, {quoted}) > 0"))?;
    }
    // A text of the row's.
    asked.filter(Task::note.starts_with(Task::title), "substr(note, 1, length(title)) = title")?;
    asked.filter(
        Task::note.lower().ends_with(Task::title.lower()),
        "length(note) >= length(title) AND substr(lower(note), -length(title)) = lower(title)",
    )?;
    asked.filter(Task::note.contains(Task::title), "instr(note, title) > 0")?;
    asked.filter(Task::title.like(Task::note), "title LIKE note ESCAPE '\\'")
}
