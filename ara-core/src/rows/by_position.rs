//! Values by the positions of columns in the definition of their table.

use smallvec::SmallVec;

/// Values by the positions of columns. Few columns of a table are tied to others: a search among them takes less time
/// than a hash, and most need no memory of their own.
#[derive(Debug)]
pub(crate) struct ByPosition<V>(SmallVec<[(usize, V); 4]>);

impl<V> ByPosition<V> {
    pub(crate) fn with_capacity(columns: usize) -> Self {
        Self(SmallVec::with_capacity(columns))
    }

    pub(crate) fn get(&self, position: &usize) -> Option<&V> {
        self.0.iter().find(|(at, _)| at == position).map(|(_, value)| value)
    }

    pub(crate) fn insert(&mut self, position: usize, value: V) {
        match self.0.iter_mut().find(|(at, _)| *at == position) {
            Some((_, held)) => *held = value,
            None => self.0.push((position, value)),
        }
    }

    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(usize, &mut V) -> bool) {
        self.0.retain(|(position, value)| keeps(*position, value));
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V> Default for ByPosition<V> {
    fn default() -> Self {
        Self(SmallVec::new())
    }
}

impl<V> Extend<(usize, V)> for ByPosition<V> {
    fn extend<I: IntoIterator<Item = (usize, V)>>(&mut self, values: I) {
        values.into_iter().for_each(|(position, value)| self.insert(position, value));
    }
}

impl<V> FromIterator<(usize, V)> for ByPosition<V> {
    fn from_iter<I: IntoIterator<Item = (usize, V)>>(values: I) -> Self {
        let mut all = Self::default();
        all.extend(values);
        all
    }
}

impl<V> IntoIterator for ByPosition<V> {
    type Item = (usize, V);
    type IntoIter = smallvec::IntoIter<[(usize, V); 4]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
