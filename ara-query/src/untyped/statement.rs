//! Statements, and the values that they are run with.

use sea_query::{SelectStatement, SqliteQueryBuilder, Value};

/// A statement and the values that are bound when it is run.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl From<&SelectStatement> for Statement {
    fn from(select: &SelectStatement) -> Self {
        let (sql, values) = select.build(SqliteQueryBuilder);
        Self { sql, values: values.0 }
    }
}

/// The first of the characters that stand for parameters. Unicode leaves them to private use.
const FIRST: u32 = 0xF_0000;

/// Returns what stands for a parameter of a prepared query until its value is given. No value of a column is
/// a `char`, so it cannot be taken for one.
pub(crate) fn parameter(at: usize) -> Value {
    let marker = u32::try_from(at).ok().and_then(|at| char::from_u32(FIRST + at));
    Value::Char(marker)
}

impl Statement {
    /// Returns the statement with these values for its parameters.
    pub(crate) fn given(&self, parameters: &[Value]) -> Self {
        let value = |value: &Value| match value {
            Value::Char(Some(marker)) => {
                let at = u32::from(*marker).checked_sub(FIRST);
                let given = at.and_then(|at| parameters.get(usize::try_from(at).ok()?));
                given.unwrap_or(value).clone()
            }
            other => other.clone(),
        };
        Self { sql: self.sql.clone(), values: self.values.iter().map(value).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_given_their_values_wherever_they_stand() {
        let values = vec![parameter(1), 5_i64.into(), parameter(0), parameter(1)];
        let statement = Statement { sql: String::new(), values };
        let given = statement.given(&["a".into(), "b".into()]);
        assert_eq!(given.values, ["b".into(), Value::from(5_i64), "a".into(), "b".into()]);
    }
}
