//! The memory in which a column is measured: one piece of large pages, left from one measuring to the next.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cells::{CELLS, Grid};
use super::halved::RUN;
use super::ranked::{PAGE, touch};
use crate::drift::large::Large;

/// Memory that one piece of work leaves to the next, since fresh memory costs as much as filling it. Nobody waits for it: who
/// finds none takes fresh memory. A copy begins with none.
#[derive(Debug)]
pub struct Left<T>(Mutex<Option<T>>);

impl<T> Default for Left<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Clone for Left<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> Left<T> {
    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was left.
    pub fn take(&self) -> Option<T> {
        self.lock().take()
    }

    /// Leaves it.
    pub fn leave(&self, memory: T) {
        *self.lock() = Some(memory);
    }
}

/// What is kept from one time to the next against the same reference.
pub(crate) type Kept = Left<Memory>;

impl Left<Memory> {
    /// Memory for `n` values: what was left, where that has room.
    pub(super) fn for_values(&self, n: usize) -> Memory {
        let room = Places::of(n).end;
        match self.take().filter(|memory| memory.block.len() >= room) {
            Some(left) => Memory { n, ..left },
            None => Memory { block: Large::zeros(room), n, ranks_of: None },
        }
    }

    /// Reads what was left, so that the next one does not wait for it.
    pub(super) fn touch(&self) {
        if let Some(memory) = self.take() {
            memory.touch();
            self.lock().get_or_insert(memory);
        }
    }

    /// Has memory for `n` values there, so that the next one does not wait for it.
    pub(super) fn make_ready(&self, n: usize) {
        let mut memory = self.for_values(n);
        if memory.ranks_of.is_some() {
            memory.touch();
        } else {
            memory.fault_in();
        }
        self.lock().get_or_insert(memory);
    }
}

impl Left<Large> {
    /// Numbers, at least `n` of them, of whatever is left in them.
    #[must_use]
    pub fn for_numbers(&self, n: usize) -> Large {
        self.take().filter(|left| left.len() >= n).unwrap_or_else(|| Large::zeros(n))
    }

    /// Has room for `n` numbers there, so that the next one does not wait for it.
    pub fn make_ready(&self, n: usize) {
        let mut numbers = self.for_numbers(n);
        write_pages(&mut numbers);
        self.lock().get_or_insert(numbers);
    }
}

/// Writes a number of each page: only then it is there.
fn write_pages(numbers: &mut [f64]) {
    numbers.iter_mut().step_by(PAGE).for_each(|number| *number = 0.0);
}

/// Memory for a number of values.
#[derive(Debug)]
pub(crate) struct Memory {
    block: Large,
    n: usize,
    /// The grid that the reference's ranks in it are of.
    ranks_of: Option<Grid>,
}

/// What is where in a block, in numbers of 8 bytes.
struct Places {
    ranks: Range<usize>,
    before: Range<usize>,
    halves: [HalfPlaces; 2],
    end: usize,
}

struct HalfPlaces {
    rows: Range<usize>,
    cells: Range<usize>,
    ends: Range<usize>,
    run: Range<usize>,
    codes: Range<usize>,
    picked: Range<usize>,
}

impl Places {
    fn of(n: usize) -> Self {
        // each from where a line of a cache begins
        const LINE: usize = 8;
        let mut end = 0_usize;
        let mut room = |bytes: usize| {
            let from = end;
            let to = from + bytes.div_ceil(size_of::<f64>());
            end = to.next_multiple_of(LINE);
            from..to
        };
        let borders = (CELLS + 1) * size_of::<u32>();
        let (ranks, before) = (room(borders), room(borders));
        let mut halves = [0..n / 2, n / 2..n].map(|rows| HalfPlaces {
            cells: room(CELLS * size_of::<[f64; 2]>()),
            ends: room(CELLS * size_of::<u32>()),
            run: room(RUN * size_of::<f64>()),
            codes: room(rows.len() * size_of::<u16>()),
            picked: 0..0,
            rows,
        });
        // last, since few of them are picked
        for half in &mut halves {
            half.picked = room(half.rows.len() * size_of::<f64>());
        }
        Self { ranks, before, halves, end }
    }
}

/// What is written into while a column is measured.
pub(super) struct Parts<'a> {
    /// How many values of the reference lie before each cell, and in all; of the grid.
    pub(super) ranks: &'a mut [u32],
    /// The grid of the ranks.
    pub(super) ranks_of: &'a mut Option<Grid>,
    /// How many values lie before each cell, and in all.
    pub(super) before: &'a mut [u32],
    pub(super) halves: [HalfParts<'a>; 2],
}

/// The part of a half of the values.
pub(super) struct HalfParts<'a> {
    /// Which ones.
    pub(super) rows: Range<usize>,
    /// By cell: how many, and the sum of the values less the centre.
    pub(super) cells: &'a mut [[f64; 2]],
    /// By cell: where its values end among those picked; they begin where those of the cell before end.
    pub(super) ends: &'a mut [u32],
    /// A run of values.
    pub(super) run: &'a mut [f64],
    /// Each value's cell.
    pub(super) codes: &'a mut [u16],
    /// The values of the open cells, those of a cell beside each other, ascending.
    pub(super) picked: &'a mut [f64],
}

/// What is read when a column was measured.
pub(super) struct Found<'a> {
    pub(super) ranks: &'a [u32],
    pub(super) before: &'a [u32],
    /// Of each half.
    pub(super) ends: [&'a [u32]; 2],
    pub(super) picked: [&'a [f64]; 2],
}

impl Memory {
    /// What is written into.
    pub(super) fn parts(&mut self) -> Option<Parts<'_>> {
        let Places { ranks, before, halves: [first, second], .. } = Places::of(self.n);
        let places = [
            [first.cells, first.ends, first.run, first.codes, first.picked],
            [second.cells, second.ends, second.run, second.codes, second.picked],
        ];
        let [[a, b, c, d, e], [f, g, h, i, j]] = places;
        let [ranks, before, a, b, c, d, e, f, g, h, i, j] =
            self.block.get_disjoint_mut([ranks, before, a, b, c, d, e, f, g, h, i, j]).ok()?;
        Some(Parts {
            ranks: &mut bytemuck::must_cast_slice_mut(ranks)[..=CELLS],
            ranks_of: &mut self.ranks_of,
            before: &mut bytemuck::must_cast_slice_mut(before)[..=CELLS],
            halves: [
                HalfParts::new(first.rows, [a, b, c, d, e]),
                HalfParts::new(second.rows, [f, g, h, i, j]),
            ],
        })
    }

    /// What was written.
    pub(super) fn found(&self) -> Found<'_> {
        let Places { ranks, before, halves, .. } = Places::of(self.n);
        let whole = |place: Range<usize>| -> &[u32] { bytemuck::must_cast_slice(&self.block[place]) };
        let [first, second] = halves;
        Found {
            ranks: &whole(ranks)[..=CELLS],
            before: &whole(before)[..=CELLS],
            ends: [whole(first.ends), whole(second.ends)],
            picked: [&self.block[first.picked], &self.block[second.picked]],
        }
    }

    /// Has it there: all that every measuring writes, and as much of the rest as most of them do.
    fn fault_in(&mut self) {
        let Places { halves, .. } = Places::of(self.n);
        write_pages(&mut self.block[..halves[0].picked.start]);
        for HalfPlaces { picked, .. } in halves {
            let some = picked.len() / 8;
            write_pages(&mut self.block[picked][..some]);
        }
    }

    /// Reads each page of it that was used.
    fn touch(&self) {
        let Found { ends, picked, .. } = self.found();
        let tables = Places::of(self.n).halves[0].picked.start;
        touch(&self.block[..tables]);
        for (ends, picked) in ends.into_iter().zip(picked) {
            let used = ends.last().map_or(0, |end| *end as usize);
            touch(&picked[..used.min(picked.len())]);
        }
    }
}

impl<'a> HalfParts<'a> {
    fn new(rows: Range<usize>, [cells, ends, run, codes, picked]: [&'a mut [f64]; 5]) -> Self {
        Self {
            cells: cells.as_chunks_mut().0,
            ends: bytemuck::must_cast_slice_mut(ends),
            run,
            codes: &mut bytemuck::must_cast_slice_mut(codes)[..rows.len()],
            picked,
            rows,
        }
    }
}

impl Found<'_> {
    /// A half's values of a cell, ascending; none where it is not open.
    pub(super) fn of_cell(&self, half: usize, cell: usize) -> &[f64] {
        let ends = self.ends[half];
        let from = if cell == 0 { 0 } else { ends[cell - 1] };
        &self.picked[half][from as usize..ends[cell] as usize]
    }
}
