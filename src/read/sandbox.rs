//! Sources are read in a child process with little power: a hostile file that makes a reader ask for
//! terabytes, run for ever or abort ends that child, and the parent names the file.
//!
//! The child is this program again, asked for its hidden verb `read-source`. It gets one line of JSON on
//! standard input (what to open), answers with a head, gets a second line (which columns), and answers
//! with rows: frames of a length (u32, little-endian) and a postcard message.

use std::cell::RefCell;
use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;

use rustix::process::{Resource, Rlimit, Signal, setrlimit};
use serde::{Deserialize, Serialize};

use super::{DeclaredCrs, Each, Row, Table};
use crate::config::dataset::Source;
use crate::error::{Exit, Failure, Fault, Result, Stage};
use crate::model::shapes::{GridCoord, Shapes};

/// Address space of the child: twice what the largest feature of the largest format may need.
const MEMORY_BYTES: u64 = 2 << 30;

/// Processor time for any file; a second more for each MiB, a hundredth of the pace of the slowest reader.
const CPU_S: u64 = 30;

/// Files a reader may hold open: the source, its siblings, and what SQLite keeps beside.
const OPEN_FILES: u64 = 32;

/// A frame holds some hundred rows; one feature has at most a million points of 16 bytes.
const FRAME_BYTES: usize = 256 << 20;

/// Rows are sent when their coordinates and values reach about this size.
const BATCH_BYTES: usize = 256 << 10;

/// One row as it is sent: the row, and its shape or what is wrong with it.
type Sent = (Row, std::result::Result<Shapes<GridCoord>, String>);

#[derive(Serialize, Deserialize)]
enum Message {
    Head { columns: Vec<String>, crs: DeclaredCrs },
    Layers(Vec<String>),
    Rows(Vec<Sent>),
    Failed(Failure),
    End,
}

/// What the child is to open. Paths are those of the parent.
#[derive(Serialize, Deserialize)]
struct Order {
    site: PathBuf,
    path: PathBuf,
    /// Absent when only the names of the layers are wanted.
    source: Option<Source>,
}

/// A source that is open in a child process.
pub struct Sandboxed {
    program: PathBuf,
    order: Order,
    columns: Vec<String>,
    crs: DeclaredCrs,
    /// The child that sent the head and waits for the columns; the next reading takes it.
    waiting: RefCell<Option<Reader>>,
}

/// Opens a source as [`super::open`] does, in a child process of `program`, which must be this program.
///
/// # Errors
/// What the reader refuses (exit 3), and a reader that was ended by its limits.
pub fn open(program: &Path, site: &Path, path: &Path, source: &Source) -> Result<Box<dyn Table>> {
    let order = Order { site: site.to_owned(), path: path.to_owned(), source: Some(source.clone()) };
    let mut reader = Reader::start(program, &order)?;
    match reader.message()? {
        Message::Head { columns, crs } => Ok(Box::new(Sandboxed {
            program: program.to_owned(),
            order,
            columns,
            crs,
            waiting: RefCell::new(Some(reader)),
        })),
        other => Err(reader.unexpected(other)),
    }
}

/// Names of the layers of a file, as [`super::layers`] finds them.
pub fn layers(program: &Path, site: &Path, path: &Path) -> Result<Vec<String>> {
    let order = Order { site: site.to_owned(), path: path.to_owned(), source: None };
    let mut reader = Reader::start(program, &order)?;
    match reader.message()? {
        Message::Layers(names) => Ok(names),
        other => Err(reader.unexpected(other)),
    }
}

impl Table for Sandboxed {
    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn crs(&self) -> DeclaredCrs {
        self.crs.clone()
    }

    fn rows(&self, columns: &[&str], each: &mut Each<'_>) -> Result<()> {
        let mut reader = self.reader()?;
        reader.tell(&columns)?;
        // Frames are read and decoded while the rows before are judged.
        let (sender, receiver) = mpsc::sync_channel(4);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                loop {
                    let message = reader.message();
                    let goes_on = matches!(message, Ok(Message::Rows(_)));
                    if sender.send(message).is_err() || !goes_on {
                        break;
                    }
                }
            });
            for message in receiver {
                match message? {
                    Message::Rows(rows) => rows.into_iter().try_for_each(|(row, shape)| each(row, shape))?,
                    Message::Failed(failure) => return Err(failure),
                    _ => break,
                }
            }
            Ok(())
        })
    }
}

impl Sandboxed {
    fn reader(&self) -> Result<Reader> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(waiting);
        }
        let mut reader = Reader::start(&self.program, &self.order)?;
        match reader.message()? {
            Message::Head { .. } => Ok(reader),
            other => Err(reader.unexpected(other)),
        }
    }
}

/// The parent's end of one child.
struct Reader {
    child: Child,
    orders: ChildStdin,
    frames: BufReader<ChildStdout>,
    file: PathBuf,
}

impl Reader {
    fn start(program: &Path, order: &Order) -> Result<Reader> {
        let broken =
            |e: io::Error| Fault::new(Stage::Read, Exit::Unexpected, format!("no reader could be started: {e}"));
        let mut child = Command::new(program)
            .arg("read-source")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(broken)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (orders, frames) = pipes.ok_or_else(|| broken(io::ErrorKind::BrokenPipe.into()))?;
        let mut reader =
            Reader { child, orders, frames: BufReader::with_capacity(1 << 20, frames), file: order.path.clone() };
        reader.tell(order)?;
        Ok(reader)
    }

    fn tell(&mut self, order: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(order).expect("orders are plain data");
        line.push(b'\n');
        // A child that has ended already is named when its answer is read.
        let _ = self.orders.write_all(&line).and_then(|()| self.orders.flush());
        Ok(())
    }

    fn message(&mut self) -> Result<Message> {
        match read_frame(&mut self.frames) {
            Ok(Message::Failed(failure)) => Err(failure),
            Ok(message) => Ok(message),
            Err(_) => Err(self.ended()),
        }
    }

    /// Why there is no answer.
    fn ended(&mut self) -> Failure {
        let _ = self.child.kill();
        let why = self.child.wait().map_or("its reader was lost", reason);
        Fault::new(Stage::Read, Exit::Input, format!("the file could not be read to its end: {why}"))
            .file(&self.file)
            .remedy("the file is damaged, or made to do harm: export it again from the land information system")
            .into()
    }

    fn unexpected(&mut self, _message: Message) -> Failure {
        self.ended()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reason(status: ExitStatus) -> &'static str {
    match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => "it took more time than a file of its size may",
        Some(signal) if signal == Signal::ABORT.as_raw() => {
            "it is nested too deeply, or asked for more memory than a file may (2 GiB)"
        }
        _ => "its reader stopped",
    }
}

/// The child: reads its order from `orders` and answers on `answers`. Called by the hidden verb.
pub fn serve(orders: &mut dyn BufRead, answers: &mut dyn Write) -> io::Result<()> {
    let order: Order = next(orders)?;
    limit(&order)?;
    let mut answers = BufWriter::with_capacity(1 << 20, answers);
    if let Err(failure) = answer(&order, orders, &mut answers) {
        write_frame(&mut answers, &Message::Failed(failure))?;
    }
    answers.flush()
}

fn answer(order: &Order, orders: &mut dyn BufRead, answers: &mut dyn Write) -> Result<()> {
    let lost = |e: io::Error| Failure::from(Fault::new(Stage::Read, Exit::Unexpected, e.to_string()));
    let Some(source) = &order.source else {
        let layers = super::layers(&order.site, &order.path)?;
        return write_frame(answers, &Message::Layers(layers)).map_err(lost);
    };
    let table = super::open(&order.site, &order.path, source)?;
    let head = Message::Head { columns: table.columns().to_vec(), crs: table.crs() };
    write_frame(answers, &head).and_then(|()| answers.flush()).map_err(lost)?;
    let columns: Vec<String> = next(orders).map_err(lost)?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut batch = Batch::default();
    let read = table.rows(&columns, &mut |row, shape| batch.push((row, shape), answers).map_err(lost));
    // Rows before a damaged feature are judged all the same.
    batch.send(answers).map_err(lost)?;
    read?;
    write_frame(answers, &Message::End).map_err(lost)
}

/// Rows on their way.
#[derive(Default)]
struct Batch {
    rows: Vec<Sent>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, sent: Sent, answers: &mut dyn Write) -> io::Result<()> {
        self.bytes += 64 * (1 + sent.0.values.len()) + sent.1.as_ref().map_or(0, |shape| 16 * shape.coords.len());
        self.rows.push(sent);
        if self.bytes < BATCH_BYTES { Ok(()) } else { self.send(answers) }
    }

    fn send(&mut self, answers: &mut dyn Write) -> io::Result<()> {
        self.bytes = 0;
        write_frame(answers, &Message::Rows(std::mem::take(&mut self.rows)))
    }
}

/// From here on the process can neither grow, run for ever, write a file nor leave a core behind.
fn limit(order: &Order) -> io::Result<()> {
    let mib = fs::metadata(order.site.join(&order.path)).map_or(0, |metadata| metadata.len() >> 20);
    let limits = [
        (Resource::As, MEMORY_BYTES),
        (Resource::Cpu, CPU_S + mib),
        (Resource::Fsize, 0),
        (Resource::Nofile, OPEN_FILES),
        (Resource::Core, 0),
    ];
    limits.into_iter().try_for_each(|(resource, most)| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }).map_err(io::Error::from)
    })
}

fn next<T: for<'a> Deserialize<'a>>(orders: &mut dyn BufRead) -> io::Result<T> {
    let mut line = String::new();
    orders.read_line(&mut line)?;
    serde_json::from_str(&line).map_err(io::Error::other)
}

fn write_frame(to: &mut dyn Write, message: &Message) -> io::Result<()> {
    let bytes = postcard::to_allocvec(message).map_err(io::Error::other)?;
    to.write_all(&(bytes.len() as u32).to_le_bytes())?;
    to.write_all(&bytes)
}

fn read_frame(from: &mut dyn Read) -> io::Result<Message> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}
