//! What the commands print: answers as text and as JSON, progress and errors.

pub mod does_not_compile;
pub mod facts;
pub mod plural;
pub mod progress;
pub mod question;
pub mod report;
pub mod style;
pub mod table;
