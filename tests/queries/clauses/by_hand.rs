//! The questions in SQL, asked of the file by SQLite alone.

use rusqlite::Connection;
use rusqlite::types::Value;

use super::asked::Answer;
use support::{File, Outcome, rows};

/// The file, with views that show what this app can read of each column, and nothing where it cannot.
/// `any_task` has all tasks, and `task` those that are not deleted; so have the others. What is stored goes
/// by the name `title_stored` there.
pub struct ByHand(Connection);

const VIEWS: &str = "
    CREATE TEMP VIEW any_team AS SELECT id, is_deleted IS 1 AS gone, created_at,
        CASE WHEN typeof(name) = 'text' AND length(name) BETWEEN 1 AND 6
            AND trim(name, char(9, 32)) <> '' THEN name END AS name,
        CASE WHEN typeof(parent_id) = 'blob' AND length(parent_id) = 16 THEN parent_id END AS parent_id,
        CASE WHEN typeof(size) = 'integer' THEN size END AS size,
        name AS name_stored, size AS size_stored
        FROM main.team;
    CREATE TEMP VIEW any_task AS SELECT id, is_deleted IS 1 AS gone, created_at,
        CASE WHEN typeof(title) = 'text' AND length(title) BETWEEN 1 AND 6
            AND trim(title, char(9, 32)) <> '' THEN title END AS title,
        CASE WHEN typeof(note) = 'text' THEN note END AS note,
        CASE WHEN typeof(done) = 'integer' AND done IN (0, 1) THEN done END AS done,
        CASE WHEN typeof(stars) = 'integer' THEN stars END AS stars,
        CASE WHEN typeof(level) = 'integer' AND level BETWEEN 0 AND 255 THEN level END AS level,
        CASE WHEN typeof(weight) IN ('real', 'integer') AND CAST(weight AS REAL) = weight
            THEN CAST(weight AS REAL) END AS weight,
        CASE WHEN state IN ('Open', 'Started', 'Done') THEN state END AS state,
        CASE WHEN typeof(labels) = 'text' AND json_valid(labels) THEN
            CASE WHEN json_type(labels) = 'array'
                AND NOT EXISTS (SELECT 1 FROM json_each(labels) WHERE type <> 'text')
            THEN labels END END AS labels,
        CASE WHEN typeof(due) = 'integer' THEN due END AS due,
        CASE WHEN typeof(team_id) = 'blob' AND length(team_id) = 16 THEN team_id END AS team_id,
        title AS title_stored, note AS note_stored, stars AS stars_stored, weight AS weight_stored,
        state AS state_stored, due AS due_stored
        FROM main.task;
    CREATE TEMP VIEW any_remark AS SELECT id, is_deleted IS 1 AS gone, created_at,
        CASE WHEN typeof(task_id) = 'blob' AND length(task_id) = 16 THEN task_id END AS task_id,
        CASE WHEN typeof(text) = 'text' THEN text END AS text,
        CASE WHEN typeof(points) = 'integer' THEN points END AS points,
        text AS text_stored, points AS points_stored
        FROM main.remark;
    CREATE TEMP VIEW team AS SELECT * FROM any_team WHERE NOT gone;
    CREATE TEMP VIEW task AS SELECT * FROM any_task WHERE NOT gone;
    CREATE TEMP VIEW remark AS SELECT * FROM any_remark WHERE NOT gone;
";

/// The columns of whole rows, of `t`, the tasks; `g`, the groups that teams are; and `r`, the remarks.
pub const TASK: &str = "t.id, t.title, t.note, t.done, t.stars, t.level, t.weight, t.state, \
                        json(t.labels), t.due, t.team_id";
pub const TEAM: &str = "g.id, g.name, g.parent_id, g.size";
pub const REMARK: &str = "r.id, r.task_id, r.text, r.points";

impl ByHand {
    pub fn open(file: &File) -> Outcome<Self> {
        let sqlite = file.sqlite()?;
        sqlite.execute_batch(VIEWS)?;
        Ok(Self(sqlite))
    }

    /// Fails unless each answer is that of SQLite.
    pub fn hold(&self, answers: &[Answer]) -> Outcome {
        answers.iter().try_for_each(|answer| self.hold_one(answer))
    }

    fn hold_one(&self, Answer { sql, in_order, rows: ours }: &Answer) -> Outcome {
        let theirs = rows(&self.0, sql).map_err(|error| format!("{error}: {sql}"))?;
        let mut theirs: Vec<_> = theirs.into_iter().map(line).collect();
        let mut ours = ours.clone();
        if !in_order {
            theirs.sort();
            ours.sort();
        }
        if ours == theirs {
            return Ok(());
        }
        Err(format!("{sql}\ngives\n  {}\nand ara\n  {}", theirs.join("\n  "), ours.join("\n  "))
            .into())
    }
}

fn line(row: Vec<Value>) -> String {
    row.into_iter().map(shown).collect::<Vec<_>>().join("|")
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// A text in SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An id in SQL.
pub fn hex<T: ara::Table>(id: ara::Id<T>) -> String {
    format!("x'{}'", id.uuid().simple())
}
