//! What lies on a disk and is no ordinary file, and folders without end.

use crate::catalogue::vector::Settings;
use crate::drivers::DriverError;
use crate::drivers::engine::{End, Execution, Ran, load_program, load_project};
use crate::drivers::lab::Lab;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, mkdirat, mkfifoat, openat, unlinkat};
use std::fs::{self, create_dir, create_dir_all};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Folders that a project may nest, as the runtime's documentation says.
const DEPTH_MAX: usize = 32;
/// Bytes of one source file, likewise.
const SOURCE_BYTES_MAX: usize = 16 << 20;

/// What must be found: so many files, or a refusal that says this.
#[derive(Clone, Copy)]
enum Expected<'e> {
    Files(usize),
    Refusal(&'e str),
}

fn compare(lab: &mut Lab, name: &str, found: Result<usize, String>, expected: Expected) {
    match (expected, &found) {
        (Expected::Files(count), Ok(files)) if count == *files => {}
        (Expected::Refusal(part), Err(said)) if said.contains(part) => {}
        (Expected::Files(count), _) => {
            lab.channel.wrong(name, format_args!("{count} files"), format_args!("{found:?}"));
        }
        (Expected::Refusal(part), _) => {
            lab.channel.wrong(name, format_args!("a refusal: {part}"), format_args!("{found:?}"));
        }
    }
}

fn program(lab: &mut Lab, name: &str, file: &Path, expected: Expected) {
    lab.channel.trying(name);
    let found = load_program(file);
    compare(lab, name, found, expected);
}

fn project(lab: &mut Lab, name: &str, folder: &Path, expected: Expected) {
    const STACK_BYTES: usize = 128 << 10;
    lab.channel.trying(name);
    let found = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let thread = thread.spawn_scoped(scope, || load_project(folder))?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    compare(lab, name, found.unwrap_or_else(|error: io::Error| Err(error.to_string())), expected);
}

/// Files, and bodies, that are larger than what may be used. A sparse file of ten gigabytes costs nothing to make.
pub(super) fn larger_than_the_budget(lab: &mut Lab) -> Result<(), DriverError> {
    const READS: &[&str] = &[
        "read_file(\"sparse\")",
        "read_bytes(\"sparse\")",
        "[\"sparse\"].map(read_file)",
        "fn again(n) { return if n == 0 then read_file(\"sparse\") else again(n - 1) }\nagain(9)",
    ];
    const KEPT: &str = "kept = \"x\".repeat(1000000)\nprint((try read_file(\"fitting\")).length)\n\
                        print((try read_file(\"sparse\")).kind, kept.length)";
    let folder = tempfile::tempdir()?;
    fs::File::create(folder.path().join("sparse"))?.set_len(10 << 30)?;
    fs::write(folder.path().join("fitting"), "y".repeat(2_000_000))?;
    let settings = Settings { memory_mb: Some(8), ..lab.settings };
    for source in READS {
        lab.channel.trying(source);
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        exhausted(lab, source, &execution.run_in_folder(folder.path()));
    }
    lab.channel.trying("caught, and the next file fits");
    let execution = Execution { source: KEPT.as_bytes(), settings, files: Vec::new() };
    let ran = execution.run_in_folder(folder.path());
    if ran.output != "2000000\nMemoryLimitExceeded 1000000\n" {
        lab.channel.wrong("caught, and the next file fits", "2000000, MemoryLimitExceeded", ran.describe());
    }
    for source in ["print(body.size)", "x = [1].map(_n => body)\nprint(x.length)"] {
        let name = format!("an upload to memory: {source}");
        lab.channel.trying(&name);
        let execution = Execution { source: source.as_bytes(), settings, files: Vec::new() };
        exhausted(lab, &name, &execution.upload(64 << 20));
    }
    Ok(())
}

fn exhausted(lab: &mut Lab, name: &str, ran: &Ran) {
    let is_refused = matches!(&ran.end, End::Uncaught { kind, .. } if kind == "MemoryLimitExceeded");
    if !is_refused || !ran.output.is_empty() {
        lab.channel.wrong(name, "MemoryLimitExceeded", ran.describe());
    }
}

/// Named pipes, devices and open pipes in every place of a file. Opening a pipe that nobody writes to waits for ever.
pub(super) fn pipes(lab: &mut Lab) -> Result<(), DriverError> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    fs::write(at("main.flin"), "print(1)\n")?;
    let pipe = |name: &str| mkfifoat(CWD, at(name), Mode::RUSR | Mode::WUSR).map_err(io::Error::from);

    pipe("pipe.flin")?;
    symlink(at("pipe.flin"), at("link.flin"))?;
    program(lab, "a pipe as program", &at("pipe.flin"), Expected::Refusal("named pipe"));
    program(lab, "a link to a pipe as program", &at("link.flin"), Expected::Refusal("named pipe"));
    project(lab, "pipes among the sources", folder.path(), Expected::Files(1));
    create_dir(at("lib"))?;
    pipe("lib/pipe.flin")?;
    program(lab, "a pipe in lib", &at("main.flin"), Expected::Files(1));

    let devices = [
        ("/dev/zero", Expected::Refusal("larger than")),
        ("/dev/null", Expected::Files(1)),
        ("/dev", Expected::Refusal("this is a folder")),
    ];
    for (place, expected) in devices {
        program(lab, place, Path::new(place), expected);
    }
    open_pipe(lab, 0, Expected::Files(1))?;
    open_pipe(lab, SOURCE_BYTES_MAX + 1, Expected::Refusal("larger than"))?;
    if lab.is_full() {
        open_pipe(lab, SOURCE_BYTES_MAX, Expected::Files(1))?;
    }

    pipe("flin.config")?;
    program(lab, "a pipe as configuration", &at("main.flin"), Expected::Refusal("named pipe"));
    project(lab, "a pipe as the project's configuration", folder.path(), Expected::Refusal("named pipe"));
    Ok(())
}

/// A pipe that is open already, as a shell's `<(…)` makes them, with so many line breaks to read.
fn open_pipe(lab: &mut Lab, bytes: usize, expected: Expected) -> Result<(), DriverError> {
    let name = format!("an open pipe with {bytes} bytes");
    let (reader, mut writer) = io::pipe()?;
    let file = PathBuf::from(format!("/proc/self/fd/{}", reader.as_raw_fd()));
    std::thread::scope(|scope| {
        scope.spawn(move || writer.write_all(&vec![b'\n'; bytes]));
        program(lab, &name, &file, expected);
        // Whatever was not read is not waited for.
        drop(reader);
    });
    Ok(())
}

/// Folders in folders, up to and far beyond the limit, as deep as paths reach and deeper; links that lead back.
pub(super) fn deep_folders(lab: &mut Lab) -> Result<(), DriverError> {
    let folder = tempfile::tempdir()?;
    let nested = |name: &str, depth: usize| folder.path().join(name).join("d/".repeat(depth));
    for depth in [1, DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1] {
        let root = depth.to_string();
        let deepest = nested(&root, depth);
        create_dir_all(&deepest)?;
        fs::write(deepest.join("main.flin"), "x = 1\n")?;
        let fits = depth <= DEPTH_MAX;
        let expected =
            if fits { Expected::Files(1) } else { Expected::Refusal("folders nested deeper than 32") };
        project(lab, &format!("{depth} folders in each other"), &nested(&root, 0), expected);
        // A program is told of its own folder alone, however deep that is.
        program(
            lab,
            &format!("a program below {depth} folders"),
            &deepest.join("main.flin"),
            Expected::Files(1),
        );
    }
    let looped = nested("loop", 2);
    create_dir_all(&looped)?;
    symlink(nested("loop", 0), looped.join("back"))?;
    project(lab, "a link to a folder above", &nested("loop", 0), Expected::Files(0));
    let depths: &[usize] = if lab.is_full() { &[700, 1_800, 5_000] } else { &[700] };
    for &depth in depths {
        let root = nested("deep", 0);
        create_dir(&root)?;
        dig(&root, depth)?;
        let name = format!("{depth} folders in each other");
        project(lab, &name, &root, Expected::Refusal("folders nested deeper than 32"));
        fill_in(&root, depth)?;
    }
    let no_file = folder.path().join("d/".repeat(60_000)).join("main.flin");
    program(
        lab,
        "a program below 60,000 folders that are not there",
        &no_file,
        Expected::Refusal("too long"),
    );
    Ok(())
}

/// What whoever uploads files, or a program that writes them, can put below the folders of data.
pub(super) fn data_folders(lab: &mut Lab) -> Result<(), DriverError> {
    let folder = tempfile::tempdir()?;
    let at = |name: &str| folder.path().join(name);
    create_dir_all(at("app"))?;
    create_dir_all(at("entities"))?;
    fs::write(at("app/index.flin"), "route GET \"/\" { Doc.all.count }\n")?;
    fs::write(at("entities/doc.flin"), "entity Doc { name: text }\n")?;
    let uploads: [(&str, &[u8]); 5] = [
        ("broken.flin", b"this is ( not flin"),
        ("again.flin", b"entity Doc { name: text }"),
        ("hiding.flin", b"enum Other { Open, Foo }"),
        ("bytes.flin", &[0xFF, 0, 0xC3, b'\n', 0x80]),
        ("flin.config", b"[server]\nport = -1"),
    ];
    for data in ["files", "public", "translations"] {
        for (name, content) in uploads {
            create_dir_all(at(&format!("{data}/up")))?;
            fs::write(at(&format!("{data}/up/{name}")), content)?;
            project(lab, &format!("{data}/up/{name}"), folder.path(), Expected::Files(2));
        }
        let large = fs::File::create(at(&format!("{data}/large.flin")))?;
        large.set_len(SOURCE_BYTES_MAX as u64 + 1)?;
        project(lab, &format!("{data}/large.flin"), folder.path(), Expected::Files(2));
        create_dir_all(at(&format!("{data}/{}", "d/".repeat(DEPTH_MAX + 8))))?;
        project(lab, &format!("deep folders in {data}"), folder.path(), Expected::Files(2));
    }
    // Of the same names elsewhere, nothing is left out.
    create_dir_all(at("lib/files"))?;
    fs::write(at("lib/files/more.flin"), "fn more() { 1 }\n")?;
    project(lab, "a folder of sources that is called so", folder.path(), Expected::Files(3));
    Ok(())
}

/// Makes folders in each other, deeper than a path can say: from inside.
fn dig(root: &Path, depth: usize) -> io::Result<()> {
    let mut inside = open(CWD, root)?;
    for _ in 0..depth {
        mkdirat(&inside, "d", Mode::RWXU)?;
        inside = open(&inside, "d")?;
    }
    Ok(())
}

/// Removes them again, which nothing that names them by path could.
fn fill_in(root: &Path, depth: usize) -> io::Result<()> {
    let mut inside = open(CWD, root)?;
    for _ in 0..depth {
        inside = open(&inside, "d")?;
    }
    for _ in 0..depth {
        inside = open(&inside, "..")?;
        unlinkat(&inside, "d", AtFlags::REMOVEDIR)?;
    }
    fs::remove_dir(root)
}

fn open(inside: impl AsFd, name: impl rustix::path::Arg) -> io::Result<OwnedFd> {
    Ok(openat(inside, name, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}
