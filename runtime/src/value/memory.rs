//! The memory budget of one VM, and the pool that all VMs of the process lease from.
//!
//! Invariants:
//!
//! - **M1** Bytes are charged before they are allocated, by capacity, and released when the collector frees them. A text or
//!   list that grows is charged for both its places while it moves.
//! - **M2** A VM's bytes never exceed its limit; 64 KiB of it stay reserved for the handler of `MemoryLimitExceeded`.
//! - **M3** The pool's count is exactly the sum of what live leases hold; a dropped lease gives back all that it held.
//! - **M4** An allocation within the lease touches no atomic: leases grow in blocks of 64 KiB.

use super::stop::{Bug, ErrorKind, Outcome, Stop};
use crate::base::guard::{Guard, off};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a lease grows by, in bytes.
pub const BLOCK_BYTES: usize = 64 << 10;
/// What stays reserved for error handlers, in bytes.
pub const RESERVE_BYTES: usize = 64 << 10;
/// No collection below so many bytes in use.
const COLLECT_MIN_BYTES: usize = 1 << 20;

/// The memory that all VMs of a process share.
#[derive(Debug)]
pub struct Pool {
    leased: AtomicUsize,
    max: usize,
}

impl Pool {
    /// A pool of at most so many bytes.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { leased: AtomicUsize::new(0), max: bytes_max })
    }

    /// Bytes leased now.
    pub fn leased(&self) -> usize {
        self.leased.load(Ordering::Acquire)
    }

    /// Bytes that could be leased now.
    fn left(&self) -> usize {
        if off(Guard::PoolLimit) { usize::MAX } else { self.max.saturating_sub(self.leased()) }
    }

    /// Would so many bytes fit now?
    pub fn has_room(&self, bytes: usize) -> bool {
        self.leased().checked_add(bytes).is_some_and(|sum| sum <= self.max) || off(Guard::PoolLimit)
    }

    fn lease(&self, bytes: usize) -> bool {
        let add =
            |held: usize| held.checked_add(bytes).filter(|&sum| sum <= self.max || off(Guard::PoolLimit));
        self.leased.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        // Below zero would mean M3 is broken; saturating keeps the pool usable and the audit sees the sum.
        let _ = self
            .leased
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| Some(held.saturating_sub(bytes)));
    }
}

/// Bytes of a pool outside any VM: a body, a queue, a result that waits to be sent. Given back when it is dropped.
#[derive(Debug)]
pub struct Lease {
    bytes: usize,
    pool: Arc<Pool>,
}

impl Lease {
    /// A lease of nothing yet.
    pub const fn new(pool: Arc<Pool>) -> Self {
        Self { bytes: 0, pool }
    }

    /// Bytes that it holds.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Leases so many bytes more; false, and nothing changed, when the pool has no more.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        if !self.pool.lease(bytes) {
            return false;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        true
    }

    /// Gives so many of them back, all at most.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes = self.bytes.saturating_sub(bytes);
        self.pool.give_back(bytes);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !off(Guard::LeaseReturn) {
            self.pool.give_back(self.bytes);
        }
    }
}

/// The budget of one VM.
#[derive(Debug)]
pub struct Memory {
    /// Bytes charged.
    used: usize,
    /// `charge` goes the short way up to here: the least of lease, ceiling and collection threshold.
    easy: usize,
    leased: usize,
    collect_at: usize,
    limit: usize,
    /// Is the reserve open, because `MemoryLimitExceeded` was raised and not yet recovered from?
    reserve_open: bool,
    pool: Arc<Pool>,
}

impl Memory {
    /// A budget of `limit` bytes, drawn from `pool`.
    pub fn new(limit: usize, pool: Arc<Pool>) -> Self {
        let limit = limit.max(RESERVE_BYTES.saturating_mul(2));
        Self { used: 0, easy: 0, leased: 0, collect_at: COLLECT_MIN_BYTES, limit, reserve_open: false, pool }
    }

    /// Bytes in use.
    pub const fn used(&self) -> usize {
        self.used
    }

    /// Bytes leased from the pool.
    pub const fn leased(&self) -> usize {
        self.leased
    }

    /// The limit in bytes.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that could still be charged, garbage not counted as free.
    pub fn left(&self) -> usize {
        self.ceiling().min(self.backed()).saturating_sub(self.used)
    }

    /// Bytes in use that the pool would back.
    fn backed(&self) -> usize {
        self.leased.saturating_add(self.pool.left()).saturating_sub(self.spare())
    }

    const fn ceiling(&self) -> usize {
        if self.reserve_open { self.limit } else { self.limit.saturating_sub(RESERVE_BYTES) }
    }

    /// What is leased beyond what is in use, so that the reserve is there when the pool is empty.
    const fn spare(&self) -> usize {
        if self.reserve_open { 0 } else { RESERVE_BYTES }
    }

    /// Leases what `bytes` in use take; false when the pool has no more.
    fn back(&mut self, bytes: usize) -> bool {
        let Some(missing) = bytes.checked_sub(self.leased).filter(|&missing| missing > 0) else {
            return true;
        };
        let more = missing.div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES);
        if !self.pool.lease(more) {
            return false;
        }
        self.leased = self.leased.saturating_add(more);
        true
    }

    fn settle(&mut self) {
        let backed = self.leased.saturating_sub(self.spare());
        self.easy = self.collect_at.min(backed).min(self.ceiling());
    }

    /// Charges bytes before they are allocated. [`Stop::Collect`] means: nothing was charged, collect and run the
    /// whole operation again. The VM turns a request that collections cannot satisfy into `MemoryLimitExceeded`.
    #[inline]
    pub fn charge(&mut self, bytes: usize) -> Outcome<()> {
        let sum = self.used.saturating_add(bytes);
        if sum <= self.easy {
            self.used = sum;
            return Ok(());
        }
        self.charge_slowly(bytes, sum)
    }

    #[cold]
    fn charge_slowly(&mut self, bytes: usize, sum: usize) -> Outcome<()> {
        if off(Guard::MemoryBudget) {
            self.used = sum;
            return Ok(());
        }
        if sum > self.ceiling() || sum > self.collect_at {
            return Err(Stop::Collect { bytes });
        }
        if !self.back(sum.saturating_add(self.spare())) {
            return Err(Stop::Collect { bytes });
        }
        self.used = sum;
        self.settle();
        Ok(())
    }

    /// Charges what a buffer of a capacity of `held` grows by to have room for `wanted`, and gives its new capacity: twice
    /// the former, or an eighth more where there is no room for that. `payload` is what a capacity is charged.
    pub fn grow(&mut self, held: usize, wanted: usize, payload: impl Fn(usize) -> usize) -> Outcome<usize> {
        let growth = |capacity| payload(capacity).saturating_sub(payload(held));
        let double = wanted.max(held.saturating_mul(2));
        let fits = growth(double).saturating_add(payload(held)) <= self.left();
        let capacity = if fits { double } else { wanted.max(held.saturating_add(held >> 3)) };
        self.grow_to(held, capacity, payload)?;
        Ok(capacity)
    }

    /// The same to a capacity that is known. The buffer moves, so for a moment both are there: that must fit too (M1).
    pub fn grow_to(&mut self, held: usize, capacity: usize, payload: impl Fn(usize) -> usize) -> Outcome<()> {
        let (held, grown) = (payload(held), payload(capacity));
        if off(Guard::OutsideBudget) {
            return self.charge(grown.saturating_sub(held));
        }
        self.charge(grown)?;
        Ok(self.release(held)?)
    }

    /// Takes bytes back that the collector, or a shrinking object, freed.
    pub fn release(&mut self, bytes: usize) -> Result<(), Bug> {
        self.used = self.used.checked_sub(bytes).ok_or(Bug::Accounting)?;
        Ok(())
    }

    /// Sets the threshold of the next collection, so that a pending request of `wanted` bytes does not meet it,
    /// closes the reserve when there is room again, and gives leased blocks back that are not needed.
    pub fn after_collection(&mut self, wanted: usize) {
        let pending = self.used.saturating_add(wanted);
        self.collect_at = self.used.saturating_mul(2).max(COLLECT_MIN_BYTES).max(pending);
        let roomy = pending <= self.limit.saturating_sub(RESERVE_BYTES.saturating_mul(2));
        if self.reserve_open && roomy && self.back(self.used.saturating_add(RESERVE_BYTES)) {
            self.reserve_open = false;
        }
        let keep = self.used.saturating_add(self.spare()).div_ceil(BLOCK_BYTES).saturating_mul(BLOCK_BYTES);
        if let Some(spare) = self.leased.checked_sub(keep) {
            self.pool.give_back(spare);
            self.leased = keep;
        }
        self.settle();
    }

    /// Lifts the threshold to the ceiling: the operation asked again right after a collection.
    pub fn lift_threshold(&mut self) {
        self.collect_at = usize::MAX;
        self.settle();
    }

    /// Sets the threshold again that [`Self::lift_threshold`] lifted: the operation is done.
    pub fn settle_threshold(&mut self) {
        self.collect_at = self.used.saturating_mul(2).max(COLLECT_MIN_BYTES);
        self.settle();
    }

    /// Nothing is in use any more, and nothing is leased: the budget of an execution that is over.
    pub fn rest(&mut self) {
        self.give_back();
        (self.used, self.easy, self.leased) = (0, 0, 0);
        (self.collect_at, self.reserve_open) = (COLLECT_MIN_BYTES, false);
    }

    fn give_back(&self) {
        if !off(Guard::LeaseReturn) {
            self.pool.give_back(self.leased);
        }
    }

    /// Is the budget used up, as far as is known?
    pub const fn is_exhausted(&self) -> bool {
        self.reserve_open
    }

    /// The budget is used up, and a collection did not help: opens the reserve for the error's handlers.
    #[cold]
    pub fn exhausted(&mut self) -> Stop {
        let mega = |bytes: usize| bytes >> 20;
        // What others hold cannot be had, however much this limit allows.
        let message = if self.backed() < self.ceiling() {
            let (limit, leased) = (mega(self.pool.max), mega(self.pool.leased()));
            format!("Memory of all executions exhausted ({limit} MB limit). Current usage: {leased} MB.")
        } else {
            let (limit, used) = (mega(self.limit), mega(self.used));
            format!("Memory budget exhausted ({limit} MB limit). Current usage: {used} MB.")
        };
        self.reserve_open = true;
        self.settle();
        Stop::raise(ErrorKind::MemoryLimitExceeded, message)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_grows_within_the_pool_and_gives_all_back() {
        let pool = Pool::new(100);
        let mut lease = Lease::new(Arc::clone(&pool));
        assert!(lease.grow(60));
        assert!(!lease.grow(41), "the pool has 40 left");
        assert_eq!((lease.bytes(), pool.leased()), (60, 60));
        lease.shrink(70);
        assert_eq!((lease.bytes(), pool.leased()), (0, 0));
        assert!(lease.grow(100));
        drop(lease);
        assert_eq!(pool.leased(), 0);
    }

    #[test]
    fn whose_limit_was_met_is_told() {
        let message = |limit: usize, others: usize| {
            let pool = Pool::new(8 << 20);
            let mut lease = Lease::new(Arc::clone(&pool));
            assert!(lease.grow(others));
            match Memory::new(limit, pool).exhausted() {
                Stop::Raise(raise) => raise.message.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(message(4 << 20, 0), "Memory budget exhausted (4 MB limit). Current usage: 0 MB.");
        assert_eq!(
            message(4 << 20, 7 << 20),
            "Memory of all executions exhausted (8 MB limit). Current usage: 7 MB."
        );
    }
}
