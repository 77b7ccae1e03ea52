//! The schema of an app with very many tables.

use ara::prelude::*;
use ara::{Result, Transaction, Uuid};

/// Creates a row, or sets a number of the one that is given, and returns its id.
type Write = fn(&Transaction<'_>, Option<Uuid>, i64) -> Result<Uuid>;

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(
            /// One of many.
            #[derive(Table)]
            pub struct $name {
                pub id: Id<$name>,
                pub title: String,
                pub stars: Option<i64>,
            }
        )*
        ara::schema! { pub App: $($name),* }

        /// What writes into each of the tables.
        pub const TABLES: &[Write] = &[$(
            |tx, id, stars| match id {
                Some(id) => {
                    tx.update($name::patch(id.into()).stars(stars))?;
                    Ok(id)
                }
                None => {
                    let id = tx.create($name::draft().title("Water the plants").stars(stars))?;
                    Ok(id.uuid())
                }
            },
        )*];
    };
}

tables! {
    T000, T001, T002, T003, T004, T005, T006, T007, T008, T009, T010, T011, T012, T013, T014, T015, T016, T017, T018, T019, T020, T021, T022, T023, T024, T025, T026, T027, T028, T029, T030, T031, T032, T033, T034, T035, T036, T037, T038, T039, T040, T041, T042, T043, T044, T045, T046, T047, T048, T049, T050, T051, T052, T053, T054, T055, T056, T057, T058, T059, T060, T061, T062, T063, T064, T065, T066, T067, T068, T069, T070, T071, T072, T073, T074, T075, T076, T077, T078, T079, T080, T081, T082, T083, T084, T085, T086, T087, T088, T089, T090, T091, T092, T093, T094, T095, T096, T097, T098, T099, T100, T101, T102, T103, T104, T105, T106, T107, T108, T109, T110, T111, T112, T113, T114, T115, T116, T117, T118, T119, T120, T121, T122, T123, T124, T125, T126, T127, T128, T129, T130, T131, T132, T133, T134, T135, T136, T137, T138, T139, T140, T141, T142, T143, T144, T145, T146, T147, T148, T149, T150, T151, T152, T153, T154, T155, T156, T157, T158, T159, T160, T161, T162, T163, T164, T165, T166, T167, T168, T169, T170, T171, T172, T173, T174, T175, T176, T177, T178, T179, T180, T181, T182, T183, T184, T185, T186, T187, T188, T189, T190, T191, T192, T193, T194, T195, T196, T197, T198, T199, T200, T201, T202, T203, T204, T205, T206, T207, T208, T209, T210, T211, T212, T213, T214, T215, T216, T217, T218, T219, T220, T221, T222, T223, T224, T225, T226, T227, T228, T229, T230, T231, T232, T233, T234, T235, T236, T237, T238, T239, T240, T241, T242, T243, T244, T245, T246, T247, T248, T249, T250, T251, T252, T253, T254, T255
}
