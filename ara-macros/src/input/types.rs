//! What a type is, as far as its spelling tells: a macro does not know what a name stands for.

use syn::{GenericArgument, Path, PathArguments, Type};

/// Returns the `T` of a type that is written `Option<T>`.
pub fn inside_option(ty: &Type) -> Option<&Type> {
    let path = path_of(ty)?;
    if !is_one_of(path, &["Option", "std::option::Option", "core::option::Option"]) {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// Returns whether a type is written `String`.
pub fn is_string(ty: &Type) -> bool {
    path_of(ty).is_some_and(|path| {
        is_one_of(path, &["String", "std::string::String", "alloc::string::String"])
    })
}

/// Returns whether a type is written as one of the standard library's or ara's that is no counter, nor made of one.
pub fn is_no_counter(ty: &Type) -> bool {
    const NAMES: [&str; 13] = [
        "String",
        "NonEmptyString",
        "bool",
        "i8",
        "i16",
        "i32",
        "i64",
        "u8",
        "u16",
        "u32",
        "f32",
        "f64",
        "Id",
    ];
    path_of(ty).is_some_and(|path| is_one_of(path, &NAMES))
}

/// Returns the path of a type that is nothing but a path, such as `std::string::String`.
fn path_of(ty: &Type) -> Option<&Path> {
    match ty {
        // A type that a declarative macro passes on is in a group that is not written.
        Type::Group(group) => path_of(&group.elem),
        Type::Paren(paren) => path_of(&paren.elem),
        Type::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// Returns whether a path has one of these spellings, arguments aside.
fn is_one_of(path: &Path, spellings: &[&str]) -> bool {
    let names: Vec<String> =
        path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    spellings.contains(&names.join("::").as_str())
}
