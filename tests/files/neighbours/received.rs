//! What was received earlier keeps nobody from writing.

use ara::Counter;
use ara::prelude::*;

use super::{App, Fresh, Note, Rest, Scene, Todo, Works};
use support::{Outcome, There, agree, send, verified};

/// Another app, whose columns of the same names hold other things.
mod other {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: Option<i64>,
        pub stars: Option<Vec<u8>>,
        pub seen: Option<String>,
        pub order: Option<String>,
    }

    #[derive(Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub text: Option<ara::Counter>,
        pub rank: Option<String>,
    }

    #[derive(Table)]
    pub struct Fresh {
        pub id: Id<Fresh>,
        pub name: Option<Vec<u8>>,
    }
}

#[test]
fn values_of_another_app() -> Outcome {
    let scene = Scene::new("SELECT 1", true)?;
    let Scene { db, peer, .. } = &scene;
    let peer_todos = peer.query::<Todo>().select(Todo::id).all()?;
    for id in peer_todos {
        let id = Id::<other::Todo>::from_uuid(id.uuid());
        let patch = other::Todo::patch(id).title(7).stars(vec![0xff]).seen("many");
        peer.update(patch.order("desc"))?;
    }
    let notes = peer.query::<Note>().select(Note::id).all()?;
    for id in notes {
        let id = Id::<other::Note>::from_uuid(id.uuid());
        peer.update(other::Note::patch(id).text(Counter::add(i64::MAX)).rank("first"))?;
    }
    peer.create(other::Fresh::draft().name(vec![0]))?;
    send(peer, db).works()?;
    verified(db)?;
    db.ensure::<App>().works()?;
    for id in db.query::<Todo>().select(Todo::id).all().works()? {
        db.update(Todo::patch(id).seen(Counter::add(2))).works()?;
        db.update(Todo::patch(id).title("words").stars(4)).works()?;
        assert_eq!(db.get(id).works()?.there()?.title.there()?, "words");
        db.upsert(Todo::draft().id(id).title("again")).works()?;
        assert!(db.delete(id).works()? && db.restore(id).works()?);
    }
    for id in db.query::<Note>().select(Note::id).all().works()? {
        db.update(Note::patch(id).text("words").rank(1).seen(Counter::add(i64::MAX))).works()?;
    }
    db.create(Fresh::draft().name("Fresh")).works()?;
    assert!(db.query::<Note>().search("words").count().works()? > 0);
    db.rebuild().works()?;
    send(db, peer)?;
    agree(db, peer)
}

/// The name of what arrives is that of another program's view, and later one of the app's own.
#[test]
fn a_table_under_the_name_of_a_view() -> Outcome {
    for is_open in [true, false] {
        let scene = Scene::new("CREATE VIEW fresh AS SELECT * FROM note", is_open)?;
        let Scene { db, peer, file, .. } = &scene;
        let fresh = peer.create(Fresh::draft().name("arrived"))?;
        send(peer, db).works()?;
        assert!(db.create(Fresh::draft().name("in the way")).is_err());
        db.create(Note::draft().text("beside it")).works()?;
        db.ensure::<Rest>().works()?;
        db.ensure::<App>().works()?;
        file.sqlite()?.execute_batch("DROP VIEW fresh")?;
        db.create(Fresh::draft().name("made")).works()?;
        assert_eq!(db.get(fresh).works()?.there()?.name.as_deref(), Some("arrived"));
        verified(db)?;
    }
    Ok(())
}

/// A device has forgotten what another one notes of itself.
#[test]
fn a_history_that_was_forgotten() -> Outcome {
    let sql = "INSERT INTO ara_forgotten SELECT t.ordinal, h.id, 1, 5, 1, 5 FROM ara_table t, \
               ara_schema_history h WHERE t.name = 'ara_schema_history'; \
               UPDATE ara_schema_history SET is_deleted = 1; CREATE TABLE theirs (x)";
    for is_open in [true, false] {
        let scene = Scene::new(sql, is_open)?;
        scene.db.ensure::<App>().works()?;
        scene.db.ensure::<Rest>().works()?;
        scene.db.create(Todo::draft().title("written")).works()?;
    }
    Ok(())
}
