//! The named guards: every check that keeps a crash vector harmless has a name here.
//!
//! In an ordinary build [`off`] is the constant `false` and costs nothing. In the `knockout` build, and only there, any
//! set of guards can be switched off, so that the audit can show what each one holds back.
//!
//! A guard is used in one of two ways, both beside the check that it names:
//!
//! - *check*: `if !off(Guard::X) && bad { return Err(..) }` skips a test;
//! - *naive*: `#[cfg(feature = "knockout")] if off(Guard::X) { return naive::slow_and_wrong(..) }` runs the obvious
//!   wrong code, at most ten lines, compiled only there.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! guards {
    ($($(#[doc = $doc:literal])+ $name:ident in $module:literal)*) => {
        /// A check that keeps one or more crash vectors harmless.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Guard { $($(#[doc = $doc])+ $name),* }

        impl Guard {
            /// All guards, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name that cases and reports use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The module that the guard stands in, as a path below the crate.
            pub const fn module(self) -> &'static str {
                match self { $(Self::$name => $module),* }
            }

            /// What it holds back, in a line.
            pub const fn purpose(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),* }
            }

            /// The guard of that name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|guard| guard.name() == name)
            }
        }
    };
}

guards! {
    /// `/` and `%` of ints refuse a zero right side
    DivideByZero in "value::number"
    /// the smallest int divided by -1 is an overflow, its remainder 0
    QuotientOverflow in "value::number"
    /// `+ - *` of ints are checked
    IntOverflow in "value::number"
    /// unary minus and `abs` of the smallest int are refused
    NegateOverflow in "value::number"
    /// `**` of ints is checked
    PowerOverflow in "value::number"
    /// a number outside the ints is not converted
    ConvertRange in "value::number"
    /// an index past the end is refused
    IndexPastEnd in "value::list"
    /// an index before the start is refused
    IndexBeforeStart in "value::list"
    /// writes, inserts and removals outside a list are refused
    WriteBounds in "value::list"
    /// slice bounds are clamped
    SliceClamp in "value::list"
    /// a slice step of 0 is refused
    SliceStep in "value::list"
    /// bytecode runs only after every rule of the verifier was checked
    Verifier in "code::verify"
    /// a count in a bytecode file is compared with the bytes left before anything is allocated
    DecodeCount in "code::decode"
    /// no read of a bytecode file goes past its end
    DecodeEnd in "code::decode"
    /// what a VM allocates is charged against its limit first
    MemoryBudget in "value::memory"
    /// what all VMs lease together stays within the process's total
    PoolLimit in "value::memory"
    /// a VM that ends gives back all that it leased
    LeaseReturn in "value::memory"
    /// source nested deeper than the limit is refused
    NestingLimit in "syntax::parse"
    /// an escape that names no character is refused
    CodePointEscape in "syntax::parse::template"
    /// programs are read, checked and compiled on a native stack of their own, whatever the caller's
    OwnStack in "app::stack"
    /// a named pipe in a folder is no source file and no configuration
    NamedPipe in "app::project"
    /// what lies in the folders of data is no source
    DataFolders in "app::project"
    /// folders nested deeper than the limit are not looked through
    FolderDepth in "app::project"
    /// what all patterns of a program compile to stays within a total
    PatternTotal in "check::regex"
    /// nothing that could join them is written directly behind a postfix `++` or `--`
    FormatStep in "syntax::format"
    /// a match that begins directly behind another is looked for as if nothing had been visited there
    SearchBehind in "value::pattern::search"
    /// source bytes that are not UTF-8 are refused
    Utf8Source in "app::front"
    /// file content that is not UTF-8 is no text
    Utf8File in "natives::files"
    /// an escape of a target, query, form or cookie is `%` and two hexadecimal digits
    PercentEscape in "app::http::percent"
    /// bytes from the network that are not UTF-8 are no text
    Utf8Network in "app::http::percent"
    /// a decoded path has no part that leads elsewhere
    TargetPath in "app::http::target"
    /// fields of a query or form are counted
    FieldCount in "app::http::fields"
    /// a part ends at its boundary, or its body is refused
    PartEnd in "app::http::multipart"
    /// parts of a multipart body are counted
    PartCount in "app::http::multipart"
    /// the headers of a part end within their bound
    PartHeader in "app::http::multipart"
    /// the name of an uploaded file names no folder
    PartFileName in "app::http::multipart::disposition"
    /// a session is one that this project sealed
    SessionSeal in "app::http::session::seal"
    /// a session runs out
    SessionExpiry in "app::http::session"
    /// no copy of a session that was ended is taken again
    SessionEnd in "app::http::session"
    /// a client is let through so many times in a window
    RateLimit in "app::http::rate_limit"
    /// clients that were let through are remembered within a bound
    RateMemory in "app::http::rate_limit"
    /// files are served out of one folder, and none that is hidden
    PublicFolder in "app::public"
    /// a range of bytes lies within its file
    RangeBounds in "app::public::range"
    /// the console answers to its own address alone
    ConsoleHost in "admin::access"
    /// the console does nothing that another site asks for
    ConsoleOrigin in "admin::access"
    /// the console shows nothing without a session
    ConsoleSession in "admin::access"
    /// names and values of headers and cookies break no line
    HeaderText in "app::http::outbound"
    /// a program does not write the headers that frame an answer
    HeaderFraming in "app::http::outbound"
    /// values nested deeper than the limit, cyclic ones included, are neither compared nor written
    StructureDepth in "value::equal"
    /// an execution ends at its deadline
    Deadline in "app::script"
    /// a panic of ours ends one execution, not the process
    PanicBoundary in "app::boundary"
    /// connections beyond the limit are refused
    ConnectionLimit in "server::accept"
    /// a spare descriptor lets a connection be refused when there is none left
    SpareDescriptor in "server::accept"
    /// a connection that is silent, slow or does not read is closed
    ConnectionTimeouts in "server::connection"
    /// the HTTP library learns of a connection's end when it has flushed what it wrote
    AnswerFlushed in "server::gate::gated::stream"
    /// a task outside the entry points that ended is begun again
    Supervisor in "server::supervise"
    /// an execution that takes longer than a moment leaves the thread that does IO
    Fairness in "server::drive"
    /// calls deeper than the limit are refused
    CallDepth in "vm::frame"
    /// hashes of keys depend on seeds that the process alone knows
    HashSeeds in "value::text"
    /// a search keeps a state once, for its most preferred thread
    SearchOnce in "value::pattern::threads"
    /// a built-in that is not done after a few steps gets a frame, which the deadline looks at
    StepsInPlace in "natives::steps"
    /// text is sliced by code points, never inside one
    TextBoundary in "value::text::slice"
    /// a text index outside is refused, one inside finds its code point
    TextIndex in "value::text::slice"
    /// text ranges are clamped
    TextClamp in "value::text::slice"
    /// a mapped text is as long as the mapping makes it, not as its source was
    CaseOffsets in "value::text::case"
    /// a search moves by whole occurrences, and offsets are code points
    SearchOffset in "value::text::search"
    /// an empty needle is refused where it would be found for ever
    EmptyNeedle in "natives::text"
    /// a width below the text's own, or below zero, pads nothing
    WidthArithmetic in "natives::text"
    /// a count below zero is refused, and the size of a repetition is charged before it is made
    RepeatBudget in "natives::text"
    /// JSON nested deeper than its limit is not read
    JsonDepth in "natives::json::read"
    /// values nested deeper than the limit, cyclic ones included, are not written as JSON
    JsonOutDepth in "natives::json::write"
    /// paths that lead outside the folder for files are refused
    FilePath in "app::files"
    /// a file larger than what the memory budget has left is not read
    FileBudget in "natives::files"
    /// looking at a long text spends fuel, whatever looks at it
    LookFuel in "value::fuel"
    /// what is copied out of the heap is bounded or charged, and so is each row that an open transaction writes
    OutsideBudget in "value::text"
    /// text that a program computed is escaped where it goes into markup
    MarkupEscape in "value::markup::escape"
    /// an address that a browser would run as a script is not written
    AddressScheme in "value::markup::address"
    /// what is not a name is not written as one of an attribute or a tag
    AttributeName in "value::markup::name"
    /// components rendered inside each other deeper than the limit are refused
    ComponentDepth in "vm::frame"
    /// a save that would take the store past its memory is refused
    StoreMemory in "store::state::draft"
    /// a row refers only to rows that are there and not deleted
    ParentLive in "store::state::draft"
    /// no two live rows share a unique value
    UniqueCheck in "store::state::draft"
    /// a cascade visits each row once, and does not recurse
    CascadeOnce in "store::state::cascade"
    /// a store answers only programs whose entities it was opened for
    StoreSchema in "app::store"
    /// what changed since it was read is not overwritten
    VersionCheck in "store::state::draft"
    /// a record or block of the store is read only if its checksum fits
    RecordChecksum in "store::format::block"
    /// a log that misses a record is not read beyond it
    LogGap in "store::log::replay"
    /// a spare segment is listed once, also when one was renamed over another
    SpareOnce in "store::log"
    /// a store's file of a newer format is refused
    FormatVersion in "store::format::header"
    /// a store belongs to one process at a time
    StoreLock in "store::recover"
    /// a checkpoint is durable before what it replaces is removed or recycled
    CheckpointOrder in "store::snapshot::write"
    /// a checkpoint is handed over, never waited for with a lock held
    CheckpointHandover in "store::commit::committer"
    /// a save whose write or sync failed is never acknowledged
    WriteFailure in "store::commit::committer"
    /// a panic in one transaction ends that one alone
    TransactionPanic in "store::commit::stage"
    /// a frame's reserved bits are clear and its opcode is known
    FrameBits in "server::websocket::header"
    /// a frame that is not masked is refused
    FrameMask in "server::websocket::header"
    /// a frame's length is in its shortest form, and its highest bit is clear
    FrameLength in "server::websocket::header"
    /// a control frame is whole and has at most 125 bytes
    ControlFrame in "server::websocket::header"
    /// fragments continue a message, and no other begins before it ended
    FragmentOrder in "server::websocket::reader"
    /// a message is refused as soon as its frames declare more than is allowed, before anything is allocated
    MessageBytes in "server::websocket::reader"
    /// text of a WebSocket is UTF-8
    SocketUtf8 in "server::websocket::reader"
    /// a close frame has a code that may be sent
    CloseCode in "server::websocket::close"
    /// of the pings of a peer that does not read, only the last few are answered
    PongQueue in "server::websocket::peer"
    /// pages of other sites may not connect
    SocketOrigin in "server::websocket::handshake"
    /// lines of a request end with CR LF, and hold neither alone
    LineEnding in "server::gate::head"
    /// a request line has its three parts, and each is what it must be
    RequestLine in "server::gate::request_line"
    /// headers keep their grammar, and Host is there once and a host
    HeaderSection in "server::gate::field"
    /// headers are at most as many and as large as allowed
    HeaderLimit in "server::gate::head"
    /// Content-Length is a number, once
    ContentLength in "server::gate::framing"
    /// a body has one length: `chunked` once and alone, or Content-Length
    FramingConflict in "server::gate::framing"
    /// a body larger than allowed is refused, as announced and as counted
    BodyLimit in "server::gate::body"
    /// sizes, extensions and trailers of chunks keep their grammar
    ChunkedCoding in "server::gate::chunk"
    /// methods, expectations and changes of protocol that nobody here answers are refused
    MessageSequence in "server::gate::head"
    /// a peer that is too far behind gets nothing more
    MailboxBound in "server::mailbox"
    /// a job runs at most once a second
    JobInterval in "check::declare"
    /// a run that is due while the one before is active is skipped
    JobOverlap in "cron::schedule"
    /// of the runs that a sleeping process or a clock that jumps missed, one is made up
    JobCatchUp in "cron::schedule"
    /// what a program puts into a header holds no line break and no NUL
    ResponseHeader in "natives::request::answer"
}

/// How often each guard has held something back, where somebody counts: at the doors, where it costs nothing that matters.
static FIRED: [AtomicU64; Guard::ALL.len()] = [const { AtomicU64::new(0) }; Guard::ALL.len()];

/// The guard has held something back.
pub fn fired(guard: Guard) {
    if let Some(count) = FIRED.get(usize::from(guard as u8)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The guards that have held something back, and how often.
pub fn counts() -> impl Iterator<Item = (Guard, u64)> {
    let counted = Guard::ALL.iter().zip(&FIRED).map(|(guard, count)| (*guard, count.load(Ordering::Relaxed)));
    counted.filter(|(_, count)| *count > 0)
}

/// Is the guard switched off? Never, in an ordinary build.
#[cfg(not(feature = "knockout"))]
#[inline]
pub const fn off(_: Guard) -> bool {
    false
}

#[cfg(feature = "knockout")]
pub use knockout::{knock_out, off};

#[cfg(feature = "knockout")]
mod knockout {
    //! The switches. Process-wide: a knocked-out case runs alone in its own process.

    use super::Guard;
    use std::sync::atomic::{AtomicU64, Ordering};

    static OFF: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

    const fn place(guard: Guard) -> (usize, u64) {
        let n = guard as u8;
        ((n >> 6) as usize, 1 << (n & 63))
    }

    /// Is the guard switched off?
    #[inline]
    pub fn off(guard: Guard) -> bool {
        let (word, bit) = place(guard);
        OFF.get(word).is_some_and(|word| word.load(Ordering::Relaxed) & bit != 0)
    }

    /// Switches a guard off for the rest of the process.
    pub fn knock_out(guard: Guard) {
        let (word, bit) = place(guard);
        if let Some(word) = OFF.get(word) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }
}
