//! Numbers that are read again and again, in large pages of memory.
//!
//! A page table has an entry for each 4 KiB, and numbers that were not read for a while make a processor look every entry up
//! anew: for a million of them that is longer than reading them. A large page has 2 MiB.

use std::ops::{Deref, DerefMut};

/// Numbers in large pages, where there are many of them and the system has such pages; else as they came.
#[derive(Debug)]
pub struct Large(Kind);

#[derive(Debug)]
enum Kind {
    Few(Vec<f64>),
    #[cfg(target_os = "linux")]
    Many(memmap2::MmapMut),
}

impl Default for Large {
    fn default() -> Self {
        Self(Kind::Few(Vec::new()))
    }
}

impl Large {
    /// As they came.
    pub(crate) fn few(values: Vec<f64>) -> Self {
        Self(Kind::Few(values))
    }

    /// So many zeros.
    #[must_use]
    pub fn zeros(n: usize) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(map) = large_pages(n) {
            return Self(Kind::Many(map));
        }
        Self(Kind::Few(vec![0.0; n]))
    }

    /// In large pages, where they are not yet.
    pub(crate) fn in_large_pages(self) -> Self {
        match self.0 {
            Kind::Few(values) => values.into(),
            #[cfg(target_os = "linux")]
            kind @ Kind::Many(_) => Self(kind),
        }
    }
}

impl From<Vec<f64>> for Large {
    fn from(values: Vec<f64>) -> Self {
        #[cfg(target_os = "linux")]
        if let Some(mut map) = large_pages(values.len()) {
            map.copy_from_slice(bytemuck::must_cast_slice(&values));
            return Self(Kind::Many(map));
        }
        Self(Kind::Few(values))
    }
}

/// Large pages for `n` numbers, all of them zero; `None` where they would fill none, or the system has none.
#[cfg(target_os = "linux")]
fn large_pages(n: usize) -> Option<memmap2::MmapMut> {
    const PAGE: usize = 2 << 20;
    let bytes = n.checked_mul(size_of::<f64>()).filter(|bytes| *bytes >= PAGE)?;
    let map = memmap2::MmapOptions::new().len(bytes).map_anon().ok()?;
    map.advise(memmap2::Advice::HugePage).ok()?;
    Some(map)
}

impl Deref for Large {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        match &self.0 {
            Kind::Few(values) => values,
            // whole numbers of 8 bytes, from where a page begins
            #[cfg(target_os = "linux")]
            Kind::Many(map) => bytemuck::cast_slice(map),
        }
    }
}

impl DerefMut for Large {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f64] {
        match &mut self.0 {
            Kind::Few(values) => values,
            #[cfg(target_os = "linux")]
            Kind::Many(map) => bytemuck::cast_slice_mut(map),
        }
    }
}

impl Clone for Large {
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl PartialEq for Large {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::Large;

    #[test]
    fn numbers_stay_what_they_are() {
        for n in [0, 1, 1_000, 262_144, 300_001] {
            let values: Vec<f64> = (0..n).map(|at| f64::from(at) * 0.5 - 7.0).collect();
            let large = Large::from(values.clone());
            assert!(*large == *values && large.clone() == large);
            let mut zeros = Large::zeros(values.len());
            assert!(zeros.iter().all(|zero| *zero == 0.0));
            zeros.copy_from_slice(&values);
            assert_eq!(zeros, large);
        }
    }
}
