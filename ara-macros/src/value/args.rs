//! What the user wrote in `#[value(..)]`.

use syn::{Attribute, LitStr};

use crate::input::arguments::{each, name_of, once, string, unknown};
use crate::input::faults::Faults;
use crate::input::suggest::Suggestion;

/// The arguments of a variant.
#[derive(Default)]
pub struct ValueArgs {
    pub name: Option<LitStr>,
}

impl ValueArgs {
    /// Reads the arguments of a variant with these attributes.
    pub fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        each(of_value(attrs), faults, |meta, faults| match name_of(meta).as_str() {
            "name" => once(&mut args.name, meta, faults, string),
            given => {
                let suggestion =
                    Suggestion { known: &["name"], synonyms: &[("rename", "name")], given };
                unknown("a variant", meta, &suggestion, faults)
            }
        });
        args
    }

    /// Refuses every argument, in a place that has none.
    pub fn refuse(attrs: &[Attribute], place: &str, faults: &mut Faults) {
        each(of_value(attrs), faults, |meta, faults| {
            let given = name_of(meta);
            let suggestion = Suggestion { known: &[], synonyms: &[], given: &given };
            unknown(place, meta, &suggestion, faults)
        });
    }
}

fn of_value(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("value"))
}
