//! Comparisons, and what `&`, `|` and `!` make of them.

use ara::prelude::*;
use ara::sea_query;

use super::asked::{Asked, Family};
use super::by_hand::{hex, quoted};
use super::tables::{State, Task, Team, id};
use support::Outcome;

pub struct Comparisons;

impl Family for Comparisons {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        equal(asked)?;
        ordered(asked)?;
        among(asked)?;
        absent(asked)?;
        combined(asked)
    }
}

fn equal<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let (title, note, due) = (quoted(given.title), quoted(given.note), given.due);
    let team = id::<Team>(given.number);
    let labels = Json(given.labels.clone());
    let (state, named) = given.state;
    let weight = format!("{:?}", given.weight);
    asked.filter(Task::title.eq(given.title), format!("title IS {title}"))?;
    asked.filter(Task::title.ne(given.title), format!("title IS NOT {title}"))?;
    asked.filter(Task::note.eq(given.note), format!("note IS {note}"))?;
    asked.filter(Task::note.ne(given.note), format!("note IS NOT {note}"))?;
    asked.filter(Task::done.eq(given.done), format!("done IS {}", given.done))?;
    asked.filter(Task::done.ne(given.done), format!("done IS NOT {}", given.done))?;
    asked.filter(Task::stars.eq(given.stars), format!("stars IS {}", given.stars))?;
    asked.filter(Task::stars.ne(given.stars), format!("stars IS NOT {}", given.stars))?;
    asked.filter(Task::level.eq(given.level), format!("level IS {}", given.level))?;
    asked.filter(Task::level.ne(given.level), format!("level IS NOT {}", given.level))?;
    asked.filter(Task::weight.eq(given.weight), format!("weight IS {weight}"))?;
    asked.filter(Task::weight.ne(given.weight), format!("weight IS NOT {weight}"))?;
    asked.filter(Task::state.eq(state), format!("state IS '{named}'"))?;
    asked.filter(Task::state.ne(state), format!("state IS NOT '{named}'"))?;
    let as_stored = quoted(&format!("{:?}", given.labels).replace(", ", ","));
    asked.filter(Task::labels.eq(labels), format!("labels IS {as_stored}"))?;
    asked.filter(Task::due.eq(Timestamp::from_millis(due)), format!("due IS {due}"))?;
    asked.filter(Task::team_id.eq(team), format!("team_id IS {}", hex(team)))?;
    asked.filter(Task::team_id.ne(team), format!("team_id IS NOT {}", hex(team)))?;
    asked.filter(Task::stars.eq(None), "stars IS NULL")?;
    asked.filter(Task::stars.ne(None), "stars IS NOT NULL")?;
    asked.filter(Task::title.text().eq(Task::note), "title IS note")?;
    asked.filter(Task::title.text().ne(Task::note), "title IS NOT note")?;
    asked.filter(Task::stars.eq(Task::level.add(1)), "stars IS level + 1")?;
    asked.filter(Task::id.eq(id::<Task>(3)), format!("id IS {}", hex(id::<Task>(3))))
}

fn ordered<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let (stars, more) = (given.stars, given.more_stars);
    asked.filter(Task::stars.lt(stars), format!("stars < {stars}"))?;
    asked.filter(Task::stars.le(stars), format!("stars <= {stars}"))?;
    asked.filter(Task::stars.gt(stars), format!("stars > {stars}"))?;
    asked.filter(Task::stars.ge(stars), format!("stars >= {stars}"))?;
    asked.filter(Task::stars.between(stars, more), format!("stars BETWEEN {stars} AND {more}"))?;
    asked.filter(
        Task::stars.between(Task::level.mul(1), more),
        format!("stars BETWEEN level AND {more}"),
    )?;
    let level = given.level;
    asked.filter(Task::level.lt(level), format!("level < {level}"))?;
    asked.filter(Task::level.ge(level), format!("level >= {level}"))?;
    let weight = given.weight;
    asked.filter(Task::weight.le(weight), format!("weight <= {weight:?}"))?;
    asked.filter(Task::weight.gt(weight), format!("weight > {weight:?}"))?;
    asked.filter(
        Task::weight.between(-1.0, weight),
        format!("weight BETWEEN -1.0 AND {weight:?}"),
    )?;
    let (title, note) = (quoted(given.title), quoted(given.note));
    asked.filter(Task::title.lt(given.title), format!("title < {title}"))?;
    asked.filter(Task::title.ge(given.title), format!("title >= {title}"))?;
    asked
        .filter(Task::title.between("a", given.title), format!("title BETWEEN 'a' AND {title}"))?;
    asked.filter(Task::note.le(given.note), format!("note <= {note}"))?;
    asked.filter(Task::note.gt(given.note), format!("note > {note}"))?;
    asked.filter(Task::note.between(given.note, "b"), format!("note BETWEEN {note} AND 'b'"))?;
    asked.filter(Task::note.lt(Task::title.text()), "note < title")?;
    asked.filter(Task::done.lt(true), "done < true")?;
    let due = given.due;
    asked.filter(Task::due.ge(Timestamp::from_millis(due)), format!("due >= {due}"))?;
    asked.filter(Task::due.lt(Task::created_at), "due < created_at")?;
    asked.filter(Task::created_at.gt(Task::due), "created_at > due")
}

fn among<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let (stars, more) = (given.stars, given.more_stars);
    asked.filter(Task::stars.is_in([stars, more]), format!("stars IN ({stars}, {more})"))?;
    asked.filter(
        Task::stars.is_not_in([stars, more]),
        format!("(stars IN ({stars}, {more})) IS NOT TRUE"),
    )?;
    asked.filter(Task::stars.is_in([0_i64; 0]), "false")?;
    asked.filter(Task::stars.is_not_in([0_i64; 0]), "true")?;
    asked.filter(Task::level.add(1).is_in([1, 2]), "level + 1 IN (1, 2)")?;
    let titles = [given.title, "ab"];
    asked.filter(Task::title.is_in(titles), format!("title IN ({}, 'ab')", quoted(given.title)))?;
    asked.filter(
        Task::weight.is_in([1.0, given.weight]),
        format!("weight IN (1.0, {:?})", given.weight),
    )?;
    asked.filter(Task::state.is_in([State::Open, State::Done]), "state IN ('Open', 'Done')")?;
    // A list that is too long for the text of the statement.
    let long = stars..stars.saturating_add(100);
    asked.filter(
        Task::stars.is_in(long.clone()),
        format!("stars >= {stars} AND stars < {}", long.end),
    )?;
    asked.filter(
        Task::weight.is_not_in((0..100).map(|_| given.weight)),
        format!("weight IS NOT {:?}", given.weight),
    )?;
    let titles = (0..100).map(|n| format!("no {n}")).chain([given.title.to_owned()]);
    asked.filter(Task::title.is_in(titles), format!("title IS {}", quoted(given.title)))?;
    let teams = [id::<Team>(given.number), id(0)];
    asked.filter(
        Task::team_id.is_in(teams),
        format!("team_id IN ({}, {})", hex(teams[0]), hex(teams[1])),
    )
}

fn absent<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    asked.filter(Task::title.is_null(), "title IS NULL")?;
    asked.filter(Task::note.is_null(), "note IS NULL")?;
    asked.filter(Task::done.is_not_null(), "done IS NOT NULL")?;
    asked.filter(Task::stars.is_not_null(), "stars IS NOT NULL")?;
    asked.filter(Task::level.is_null(), "level IS NULL")?;
    asked.filter(Task::weight.is_null(), "weight IS NULL")?;
    asked.filter(Task::state.is_not_null(), "state IS NOT NULL")?;
    asked.filter(Task::labels.is_null(), "labels IS NULL")?;
    asked.filter(Task::due.is_null(), "due IS NULL")?;
    asked.filter(Task::team_id.is_not_null(), "team_id IS NOT NULL")?;
    asked.filter(Task::id.is_null(), "id IS NULL")?;
    asked.filter(Task::created_at.is_not_null(), "created_at IS NOT NULL")?;
    asked.filter(Task::stars.add(Task::level.mul(1)).is_null(), "stars + level IS NULL")?;
    asked.filter(Task::done.is_true(), "done IS TRUE")?;
    asked.filter(Task::done.is_false(), "done IS FALSE")?;
    asked.filter(Task::stars.gt(0).is_false(), "(stars > 0) IS NOT TRUE")?;
    asked.filter(Task::stars.coalesce(7).ge(5), "coalesce(stars, 7) >= 5")?;
    asked.filter(
        Task::title.text().coalesce(Task::note).eq("ab"),
        "coalesce(title, note) IS 'ab'",
    )?;
    asked.filter(Task::done.coalesce(false).eq(false), "coalesce(done, false) IS false")
}

fn combined<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let (stars, title) = (given.stars, quoted(given.title));
    let three =
        || [Task::stars.ge(given.stars), Task::title.ne(given.title), !Task::done.eq(given.done)];
    let [a, b, c] = three();
    let (x, y) = (format!("stars >= {stars}"), format!("title IS NOT {title}"));
    let z = format!("(done IS {}) IS NOT TRUE", given.done);
    asked.filter(a & (b | c), format!("{x} AND ({y} OR {z})"))?;
    let [a, b, c] = three();
    asked.filter(!(a | !b) & c, format!("({x} OR ({y}) IS NOT TRUE) IS NOT TRUE AND {z}"))?;
    let [a, b, c] = three();
    asked.filter(!(a & b & c), format!("({x} AND {y} AND {z}) IS NOT TRUE"))?;
    asked.filter(Filter::all(three()), format!("{x} AND {y} AND {z}"))?;
    asked.filter(Filter::any(three()), format!("{x} OR {y} OR {z}"))?;
    asked.filter(Filter::all([]), "true")?;
    asked.filter(Filter::any([]), "false")?;
    let [a, b, _] = three();
    asked.filter(a.eq(b), format!("({x}) IS TRUE IS ({y}) IS TRUE"))?;
    let raw = sea_query::Expr::cust_with_values("length(title) > ?", [1]);
    asked.filter(Expr::raw(raw), "length(title_stored) > 1")?;
    for tree in &given.trees {
        let (filter, sql) = tree.filter();
        asked.filter(filter, sql)?;
    }
    let on = asked.on;
    let mut several = on.query::<Task>().order_by(Task::id).select(Task::id);
    for filter in three() {
        several = several.filter(filter);
    }
    asked.ordered(several, format!("SELECT id FROM task WHERE {x} AND {y} AND {z} ORDER BY id"))
}
