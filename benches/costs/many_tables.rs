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
    T00, T01, T02, T03, T04, T05, T06, T07, T08, T09, T0A, T0B, T0C, T0D, T0E, T0F, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T1A, T1B, T1C, T1D, T1E, T1F, T20, T21, T22, T23, T24, T25, T26, T27, T28, T29, T2A, T2B, T2C, T2D, T2E, T2F, T30, T31, T32, T33, T34, T35, T36, T37, T38, T39, T3A, T3B, T3C, T3D, T3E, T3F, T40, T41, T42, T43, T44, T45, T46, T47, T48, T49, T4A, T4B, T4C, T4D, T4E, T4F, T50, T51, T52, T53, T54, T55, T56, T57, T58, T59, T5A, T5B, T5C, T5D, T5E, T5F, T60, T61, T62, T63, T64, T65, T66, T67, T68, T69, T6A, T6B, T6C, T6D, T6E, T6F, T70, T71, T72, T73, T74, T75, T76, T77, T78, T79, T7A, T7B, T7C, T7D, T7E, T7F, T80, T81, T82, T83, T84, T85, T86, T87, T88, T89, T8A, T8B, T8C, T8D, T8E, T8F, T90, T91, T92, T93, T94, T95, T96, T97, T98, T99, T9A, T9B, T9C, T9D, T9E, T9F, TA0, TA1, TA2, TA3, TA4, TA5, TA6, TA7, TA8, TA9, TAA, TAB, TAC, TAD, TAE, TAF, TB0, TB1, TB2, TB3, TB4, TB5, TB6, TB7, TB8, TB9, TBA, TBB, TBC, TBD, TBE, TBF, TC0, TC1, TC2, TC3, TC4, TC5, TC6, TC7, TC8, TC9, TCA, TCB, TCC, TCD, TCE, TCF, TD0, TD1, TD2, TD3, TD4, TD5, TD6, TD7, TD8, TD9, TDA, TDB, TDC, TDD, TDE, TDF, TE0, TE1, TE2, TE3, TE4, TE5, TE6, TE7, TE8, TE9, TEA, TEB, TEC, TED, TEE, TEF, TF0, TF1, TF2, TF3, TF4, TF5, TF6, TF7, TF8, TF9, TFA, TFB, TFC, TFD, TFE, TFF
}
