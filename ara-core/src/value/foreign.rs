//! Values as other programs and people write them.

mod moment;
pub(crate) mod read;
#[cfg(test)]
mod tests;
pub(crate) mod write;
