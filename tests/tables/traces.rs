//! What the feature `tracing` tells, and that it tells no values.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ara::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id as SpanId, Record};
use tracing::{Event, Metadata, Subscriber};

use support::{File, Outcome, send};

#[derive(Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    #[table(index)]
    stars: Option<i64>,
}

ara::schema! { App: Note }

/// What was told, a line for each span and event: its name, and its fields.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn push(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        if metadata.target() == "ara" {
            // The name of an event is the place in the source.
            let name = if metadata.is_event() { "event" } else { metadata.name() };
            let mut line = Line(name.to_owned());
            record(&mut line);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
        }
    }

    /// Runs something, and takes what it told.
    fn by<R>(&self, run: impl FnOnce() -> R) -> (R, Vec<String>) {
        let result = tracing::subscriber::with_default(self.clone(), run);
        (result, std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> SpanId {
        self.push(span.metadata(), |line| span.record(line));
        SpanId::from_u64(1)
    }

    fn record(&self, _: &SpanId, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &SpanId, _: &SpanId) {}

    fn event(&self, event: &Event<'_>) {
        self.push(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &SpanId) {}

    fn exit(&self, _: &SpanId) {}
}

/// The one line that has all of these parts.
#[track_caller]
fn line<'t>(told: &'t [String], parts: &[&str]) -> &'t str {
    let mut found = told.iter().filter(|line| parts.iter().all(|part| line.contains(part)));
    match (found.next(), found.next()) {
        (Some(line), None) => line,
        _ => panic!("{parts:?} in {told:#?}"),
    }
}

#[test]
fn spans_and_events_tell_names_and_counts() -> Outcome {
    let told = Told::default();
    let file = File::new()?;
    let (db, opened) = told.by(|| file.open());
    let db = db?;
    line(&opened, &["open", "is_file=true"]);

    let (ensured, grown) = told.by(|| db.ensure::<App>());
    ensured?;
    line(&grown, &["grow", "schema=\"App\""]);
    let growth = line(&grown, &["the tables grew", "tables=\"note\""]);
    assert!(growth.contains("indexes=\"note(stars) search note(text)\""), "{growth}");

    let mut watch = db.query::<Note>().watch()?;
    watch.recv()?;
    let (written, lines) =
        told.by(|| db.create_all((0..3).map(|_| Note::draft().text("Geheimnis").stars(424_242))));
    written?;
    line(&lines, &["write"]);
    line(&lines, &["committed", "changes=3"]);
    line(&lines, &["woke watches", "watches=1"]);
    assert!(lines.iter().any(|line| line.starts_with("wait")), "{lines:#?}");

    let other = Database::memory()?;
    let (merged, merges) = told.by(|| send(&db, &other));
    assert_eq!(merged?.len(), 1);
    line(&merges, &["merge", "changes=4"]);
    line(&merges, &["merged", "new=4", "known=0", "refused=0"]);

    let all = [opened, grown, lines, merges].concat();
    let path = file.path().display().to_string();
    for secret in ["Geheimnis", "424242", "424_242", &path] {
        assert!(all.iter().all(|line| !line.contains(secret)), "{secret} in {all:#?}");
    }
    Ok(())
}

#[test]
fn a_slow_statement_is_told_without_its_values() -> Outcome {
    let db = Database::memory()?;
    db.create(Note::draft().text("Geheimnis"))?;
    let slow = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) \
                SELECT count(*) FROM n, note WHERE text = 'Geheimnis' AND i % 7 = ?1";
    let (count, lines) = Told::default().by(|| db.sql(slow).bind(3).one());
    let (count,): (i64,) = count?;
    assert_eq!(count, 285_714);
    let told = line(&lines, &["a statement was slow", "millis="]);
    assert!(told.contains("FROM n, note WHERE text = ? AND i % ? = ?1"), "{told}");
    assert!(!told.contains("Geheimnis") && !told.contains("2000000"), "{told}");
    Ok(())
}
