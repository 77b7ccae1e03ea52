//! The property test for the functions between columns.

/// Tests the functions of a column that replaces others, with values from a strategy of `proptest`.
///
/// The macro stands for a test that has the name of the column: put it into a module of tests, not into a function. It
/// needs `proptest` among the app's own `[dev-dependencies]`.
///
/// The strategy gives old values: those of the replaced column, or tuples if there are several. What breaks one of
/// these laws fails the test, with the smallest example that was found:
///
/// - `write(read(t))` is `t`. Otherwise the app changes what it only shows.
/// - `read_with(write(c), Some(c))` is `c`, where `c` is what was read. Otherwise the app loses what it wrote itself,
///   once an older version looks at it.
/// - Each function gives the same if it is called again: it is a function of what it is given, and of nothing else.
///
/// A second strategy gives new values `c`: those of the column, or tuples of one for each column that `write` takes, in
/// its order. The second law must hold for them, too. The test also prints whether `read(write(c))` is `c`: then the
/// functions are lossless, and an edit by an older version loses nothing. Otherwise they are lossy, and the
/// smallest value is printed that does not come back. `cargo test -- --nocapture` shows it.
///
/// Values that the columns cannot hold are left out.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Person {
///     pub id: Id<Person>,
///     #[table(replaces(name, read = first, write = join(first_name, last_name)))]
///     pub first_name: String,
///     #[table(replaces(name, read = last))]
///     pub last_name: Option<String>,
///     #[table(retired)]
///     name: Option<String>,
/// }
///
/// fn first(name: String) -> String {
///     name.split(' ').next().unwrap_or_default().to_owned()
/// }
///
/// fn last(name: String) -> Option<String> {
///     name.split_once(' ').map(|(_, last)| last.to_owned())
/// }
///
/// fn join(first: &str, last: Option<&String>) -> String {
///     last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
/// }
///
/// #[cfg(test)]
/// mod tests {
///     use super::Person;
///
///     // The last name is one of those that `write` takes. "Ann Lee" as a first name does not come back.
///     ara::lens_laws!(
///         Person::first_name,
///         "[A-Z]{0,3} ?[A-Z]{0,3}",
///         ("[A-Z ]{1,5}", proptest::option::of("[A-Z]{1,3}")),
///     );
/// }
/// ```
#[macro_export]
macro_rules! lens_laws {
    (@name [$name:ident] $column:tt $olds:tt $($news:tt)?) => {
        #[test]
        fn $name() {
            match $crate::lens_laws!(@check true, $column $olds $($news)?) {
                ::core::result::Result::Ok(report) => ::std::println!("{report}"),
                ::core::result::Result::Err(broken) => ::core::panic!("{broken}"),
            }
        }
    };
    (@name [$first:ident $($names:ident)+] $($rest:tt)+) => {
        $crate::lens_laws!(@name [$($names)+] $($rest)+);
    };
    (@check $is_kept:expr, [$column:expr] ($olds:expr) $(($news:expr))?) => {{
        /// Tries values of a strategy, and returns the smallest one that is refused, with the reason.
        fn run<S: ::proptest::strategy::Strategy>(
            is_kept: bool,
            strategy: &S,
            check: impl ::core::ops::Fn(
                S::Value,
            )
                -> ::core::result::Result<(), $crate::__private::LawFault>,
        ) -> ::core::result::Result<(), ::std::string::String> {
            use ::proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
            let mut config = Config::default();
            if is_kept {
                config.source_file = ::core::option::Option::Some(::core::file!());
            } else {
                config.failure_persistence = ::core::option::Option::None;
            }
            let refused = TestRunner::new(config).run(strategy, |value| {
                check(value).map_err(|fault| match fault {
                    $crate::__private::LawFault::Unfit(reason) => TestCaseError::reject(reason),
                    $crate::__private::LawFault::Broken(law) => TestCaseError::fail(law),
                })
            });
            refused.map_err(|error| match error {
                TestError::Abort(reason) => ::std::string::ToString::to_string(&reason),
                TestError::Fail(law, value) => {
                    ::std::format!("{law}\n  smallest example: {value:?}")
                }
            })
        }
        $crate::__private::LensLaws::of($column).and_then(|laws| {
            let broken = |law: ::std::string::String| laws.broken(&law);
            run($is_kept, &$olds, |old| laws.check_old(old)).map_err(broken)?;
            let lossless = ::core::option::Option::None $(.or({
                let news = $news;
                run($is_kept, &news, |new| laws.check_new(new)).map_err(broken)?;
                ::core::option::Option::Some(run(false, &news, |new| laws.check_lossless(new)))
            }))?;
            ::core::result::Result::Ok(laws.report(lossless))
        })
    }};
    ($($column:ident)::+, $olds:expr $(, $news:expr)? $(,)?) => {
        $crate::lens_laws!(@name [$($column)+] [$($column)::+] ($olds) $(($news))?);
    };
}
