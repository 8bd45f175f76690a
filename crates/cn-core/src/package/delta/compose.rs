//! Selects the ranges that S3 copies, so that the fewest bytes are uploaded.
//!
//! Every part of a multipart upload except the last has at least 5 MiB, and so has every copied
//! part. A change of one byte therefore costs 5 MiB, and the content around it can only be copied
//! in ranges of 5 MiB. If two changes are close together, it may be better to upload the bytes
//! between them, or to start an uploaded range earlier than needed. The selection therefore
//! considers the whole object.

use std::collections::HashMap;
use std::ops::Range;

use super::chunks::Chunk;
use super::index::Index;
use super::reason::NoDelta;

/// A range of equal bytes in the new object and in an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The start in the new object.
    start: u64,
    /// The start in the earlier object.
    from: u64,
    bytes: u64,
}

impl Run {
    const fn end(&self) -> u64 {
        self.start + self.bytes
    }
}

/// A part of the new object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Piece {
    /// Its bytes in the new object.
    pub range: Range<u64>,
    /// The start in the earlier object if S3 copies the bytes.
    pub from: Option<u64>,
}

impl Piece {
    pub(in super::super) const fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// The parts of a new object, and the earlier object that some parts are copied from.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Composition<'b> {
    pub base: &'b Index,
    /// The parts, in order. Together they cover the whole new object.
    pub parts: Vec<Piece>,
}

impl<'b> Composition<'b> {
    /// Composes an object from the earlier object that leaves the fewest bytes to upload.
    ///
    /// * `least`: the minimum bytes of a part that is not the last.
    ///
    /// # Errors
    ///
    /// [`NoDelta::Different`] if fewer than `least` bytes can be copied.
    pub(in super::super) fn of(
        bases: &'b [Index],
        chunks: &[Chunk],
        least: u64,
    ) -> Result<Self, NoDelta> {
        let bytes = chunks.iter().map(|chunk| u64::from(chunk.bytes)).sum();
        let all = bases.iter().filter_map(|base| {
            let pieces = compose(&runs(chunks, &base.chunks), bytes, least);
            let parts = parts(&pieces, least)?;
            Some(Self { base, parts })
        });
        let best = all.min_by_key(Self::sent_bytes);
        let best = best.filter(|composition| composition.copied_bytes() >= least);
        best.ok_or(NoDelta::Different)
    }

    /// Returns the bytes to upload.
    pub(in super::super) fn sent_bytes(&self) -> u64 {
        self.bytes_where(|piece| piece.from.is_none())
    }

    /// Returns the bytes that S3 copies.
    pub(in super::super) fn copied_bytes(&self) -> u64 {
        self.bytes_where(|piece| piece.from.is_some())
    }

    fn bytes_where(&self, is: fn(&Piece) -> bool) -> u64 {
        let pieces = self.parts.iter().filter(|piece| is(piece));
        pieces.map(Piece::len).sum()
    }
}

/// Number of positions to try for the same chunk: equal content often occurs in several places.
const MOST_PLACES: usize = 16;

/// Returns the ranges of a new object that an earlier object also contains, in order.
///
/// Among several positions with the same chunk, takes the one with the longest run of equal chunks.
fn runs(new: &[Chunk], base: &[Chunk]) -> Vec<Run> {
    let mut places: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (place, chunk) in base.iter().enumerate() {
        let of_digest = places.entry(chunk.digest).or_default();
        if of_digest.len() < MOST_PLACES {
            of_digest.push(place);
        }
    }
    let starts = starts(base);
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(chunk) = new.get(at) {
        let equal = |place: usize| {
            let pairs = new[at..].iter().zip(&base[place..]);
            pairs.take_while(|(one, other)| one == other).count()
        };
        let candidates = places.get(&chunk.digest).into_iter().flatten();
        let best = candidates.map(|place| (equal(*place), *place)).max();
        let (count, place) = best.filter(|(count, _)| *count > 0).unwrap_or((0, 0));
        let taken = count.max(1);
        let bytes = new[at..at + taken]
            .iter()
            .map(|it| u64::from(it.bytes))
            .sum();
        if count > 0 {
            let from = starts[place];
            found.push(Run { start, from, bytes });
        }
        start += bytes;
        at += taken;
    }
    found
}

fn starts(chunks: &[Chunk]) -> Vec<u64> {
    let mut start = 0;
    let next = |chunk: &Chunk| {
        let this = start;
        start += u64::from(chunk.bytes);
        this
    };
    chunks.iter().map(next).collect()
}

/// A copied run, from some byte on, and the state before it.
struct Chosen {
    run: usize,
    /// The first copied byte in the new object.
    start: u64,
    /// Bytes to upload before it.
    sent: u64,
    /// Bytes that can be cut off the end of the run.
    slack: u64,
    /// The previous copied run, and the bytes to cut off its end.
    before: Option<(usize, u64)>,
}

/// Covers a new object with copied and uploaded ranges, so that the fewest bytes are uploaded.
///
/// * `runs`: in order, without overlaps.
/// * `least`: the minimum bytes of a range that is not the last.
///
/// A set of copied runs determines the bytes to upload: the bytes between the runs, and at least
/// `least` for each gap that is not empty. Bytes that a gap lacks are cut off the previous run as
/// long as `least` bytes of it remain, and otherwise off the next run; this leaves the most for the
/// following gaps. Among all sets that end with the same run, only those matter that upload fewer
/// bytes or leave more of the run to cut off. The best of them is built run by run.
///
/// Of any three runs in a row, at least one is copied: otherwise the second could be copied too,
/// because each of its neighbors is a large enough range to upload. Each run therefore has only
/// three candidates for the previous copied run.
fn compose(runs: &[Run], bytes: u64, least: u64) -> Vec<Piece> {
    // The range that ends the object may have any size.
    let least_of = |run: &Run| if run.end() == bytes { 1 } else { least };
    let useful = runs.iter().filter(|run| run.bytes >= least_of(run));
    let runs: Vec<Run> = useful.copied().collect();
    let mut all: Vec<Chosen> = Vec::new();
    let mut ending_with: Vec<Range<usize>> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        let most_cut = run.bytes - least_of(run);
        let mut found = Vec::new();
        let mut add = |gap: u64, sent: u64, slack: u64, before: Option<usize>| {
            let lacking = if gap == 0 {
                0
            } else {
                least.saturating_sub(gap)
            };
            let before_cut = lacking.min(slack);
            let cut = lacking - before_cut;
            if cut <= most_cut {
                found.push(Chosen {
                    run: place,
                    start: run.start + cut,
                    sent: sent + gap + lacking,
                    slack: most_cut - cut,
                    before: before.map(|before| (before, before_cut)),
                });
            }
        };
        add(run.start, 0, 0, None);
        for earlier in ending_with.iter().rev().take(3).cloned().flatten() {
            let chosen = &all[earlier];
            let gap = run.start - runs[chosen.run].end();
            add(gap, chosen.sent, chosen.slack, Some(earlier));
        }
        found.sort_by_key(|chosen| (chosen.sent, std::cmp::Reverse(chosen.slack)));
        let first = all.len();
        for chosen in found {
            let is_first = all.len() == first;
            if is_first || all.last().is_some_and(|last| chosen.slack > last.slack) {
                all.push(chosen);
            }
        }
        ending_with.push(first..all.len());
    }
    let sent = |chosen: &Chosen| chosen.sent + bytes - runs[chosen.run].end();
    let best = (0..all.len()).min_by_key(|place| sent(&all[*place]));
    let mut pieces = Vec::new();
    let mut end = bytes;
    let mut next = best.map(|place| (place, 0));
    while let Some((place, cut)) = next {
        let Chosen {
            run, start, before, ..
        } = all[place];
        let run = runs[run];
        let copied = start..run.end() - cut;
        pieces.push(Piece {
            range: copied.end..end,
            from: None,
        });
        end = start;
        let from = Some(run.from + (start - run.start));
        pieces.push(Piece {
            range: copied,
            from,
        });
        next = before;
    }
    pieces.push(Piece {
        range: 0..end,
        from: None,
    });
    pieces.retain(|piece| piece.len() > 0);
    pieces.reverse();
    pieces
}

/// Bytes of a copied part. Larger ranges are divided, so that several requests work on them.
const COPIED_BYTES: u64 = 64 * 1024 * 1024;
/// Maximum number of parts of an object.
///
/// # Source
///
/// Amazon S3 user guide, "Multipart upload limits".
const MOST_PARTS: usize = 10_000;

/// Divides ranges into parts of an upload. `None` if there would be too many parts.
///
/// * `least`: the minimum bytes of a part that is not the last.
fn parts(pieces: &[Piece], least: u64) -> Option<Vec<Piece>> {
    let bytes = pieces.last()?.range.end;
    let share = bytes.div_ceil(MOST_PARTS as u64 / 4);
    let divided = pieces.iter().flat_map(|piece| {
        let most = piece.from.map_or(least, |_| COPIED_BYTES).max(share);
        let count = (piece.len() / most).max(1);
        (0..count).map(move |at| {
            let offset = |at: u64| piece.len() / count * at + (piece.len() % count).min(at);
            Piece {
                range: piece.range.start + offset(at)..piece.range.start + offset(at + 1),
                from: piece.from.map(|from| from + offset(at)),
            }
        })
    });
    let parts: Vec<Piece> = divided.collect();
    (parts.len() <= MOST_PARTS).then_some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(byte: u8) -> Chunk {
        Chunk {
            bytes: 10,
            digest: [byte; 16],
        }
    }

    fn chunks(text: &str) -> Vec<Chunk> {
        text.bytes().map(chunk).collect()
    }

    fn sent(pieces: &[Piece]) -> u64 {
        let travels = pieces.iter().filter(|piece| piece.from.is_none());
        travels.map(Piece::len).sum()
    }

    /// Returns the fewest bytes to upload, found by trying every part at every position.
    fn fewest(sources: &[Option<u64>], least: usize) -> u64 {
        let bytes = sources.len();
        let mut best = vec![u64::MAX; bytes + 1];
        best[0] = 0;
        for start in 0..bytes {
            for end in start + 1..=bytes {
                if best[start] == u64::MAX || end - start < least && end < bytes {
                    continue;
                }
                let mut pairs = sources[start..end].windows(2);
                let follows =
                    |pair: &[Option<u64>]| pair[0].is_some_and(|it| pair[1] == Some(it + 1));
                let is_copied = sources[start].is_some() && pairs.all(follows);
                let cost = if is_copied { 0 } else { (end - start) as u64 };
                best[end] = best[end].min(best[start] + cost);
            }
        }
        best[bytes]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_choice_sends_fewer_bytes(
            spans in proptest::collection::vec((1_u64..18, 0_u64..6), 1..10),
            tail in 0_u64..8,
        ) {
            const LEAST: u64 = 5;
            let mut runs = Vec::new();
            let mut start = 0;
            for (at, (bytes, gap)) in spans.into_iter().enumerate() {
                start += gap;
                runs.push(Run { start, from: 1000 * at as u64, bytes });
                start += bytes;
            }
            let bytes = start + tail;
            let mut sources = vec![None; usize::try_from(bytes).unwrap()];
            for run in &runs {
                for at in 0..run.bytes {
                    sources[usize::try_from(run.start + at).unwrap()] = Some(run.from + at);
                }
            }
            let pieces = compose(&runs, bytes, LEAST);
            let mut end = 0;
            for piece in &pieces {
                prop_assert_eq!(piece.range.start, end);
                end = piece.range.end;
                prop_assert!(piece.len() >= LEAST || end == bytes, "{:?}", pieces);
                if let Some(from) = piece.from {
                    for at in piece.range.clone() {
                        let source = sources[usize::try_from(at).unwrap()];
                        prop_assert_eq!(source, Some(from + at - piece.range.start));
                    }
                }
            }
            prop_assert_eq!(end, bytes);
            let least = usize::try_from(LEAST).unwrap();
            prop_assert_eq!(sent(&pieces), fewest(&sources, least), "{:?}", pieces);
        }

        #[test]
        fn parts_divide_ranges_and_are_never_too_small(
            sizes in proptest::collection::vec((5_u64..400, any::<bool>()), 1..8),
            last in 1_u64..9,
        ) {
            const MIB: u64 = 1024 * 1024;
            let mut pieces = Vec::new();
            let mut start = 0;
            for (size, is_copied) in sizes {
                let range = start..start + size * MIB + 7;
                start = range.end;
                pieces.push(Piece { range, from: is_copied.then_some(start) });
            }
            pieces.push(Piece { range: start..start + last, from: None });
            let parts = parts(&pieces, 5 * MIB).unwrap();
            prop_assert_eq!(sent(&parts), sent(&pieces));
            let mut end = 0;
            for part in &parts {
                prop_assert_eq!(part.range.start, end);
                end = part.range.end;
                prop_assert!(part.len() >= 5 * MIB || end == start + last);
                let whole = pieces.iter().find(|it| it.range.contains(&part.range.start)).unwrap();
                let offset = part.range.start - whole.range.start;
                prop_assert_eq!(part.from, whole.from.map(|from| from + offset));
            }
            prop_assert_eq!(end, start + last);
        }
    }

    #[test]
    fn runs_are_as_long_as_they_can_be() {
        let found = |new: &str, base: &str| {
            let runs = runs(&chunks(new), &chunks(base));
            let numbers = runs
                .iter()
                .map(|run| (run.start / 10, run.from / 10, run.bytes / 10));
            numbers.collect::<Vec<_>>()
        };
        assert_eq!(found("abcdef", "abcdef"), [(0, 0, 6)]);
        assert_eq!(found("abXdef", "abcdef"), [(0, 0, 2), (3, 3, 3)]);
        assert_eq!(found("bcda", "abcd"), [(0, 1, 3), (3, 0, 1)]);
        // The first `z` of the earlier object is not followed by `yx`.
        assert_eq!(found("zyx", "zazyx"), [(0, 2, 3)]);
        assert_eq!(found("abc", "xyz"), []);
        assert_eq!(found("", "xyz"), []);
        assert_eq!(found("aaaa", "aa"), [(0, 0, 2), (2, 0, 2)]);
    }

    #[test]
    fn an_object_of_too_many_parts_is_not_composed() {
        let pieces: Vec<Piece> = (0..10_001)
            .map(|at| Piece {
                range: at * 8..at * 8 + 8,
                from: Some(at * 16),
            })
            .collect();
        assert_eq!(parts(&pieces, 5), None);
        assert_eq!(parts(&[], 5), None);
    }
}
