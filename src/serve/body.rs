//! What goes out: bytes in memory, or a file in pieces.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http_body_util::Full;
use hyper::body::{Bytes, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;

use super::pulse::Pulse;

/// One read; large enough that a download is limited by the network.
const PIECE_BYTES: u64 = 128 * 1024;

/// What goes out, and who is told when it is over.
pub struct Body {
    content: Content,
    pulse: Option<Arc<Pulse>>,
}

enum Content {
    Whole(Full<Bytes>),
    Pieces(Pieces),
}

/// Where pieces come from.
pub trait Source: Send + Sync {
    /// `length` bytes from `start` on, or an error: never fewer.
    fn span(&self, start: u64, length: u64) -> io::Result<Bytes>;
}

impl Source for File {
    fn span(&self, start: u64, length: u64) -> io::Result<Bytes> {
        read_span(self, start, length)
    }
}

/// Hears, when an answer is over, how many of its bytes were handed over.
pub struct Witness {
    sent: u64,
    hear: Option<Box<dyn FnOnce(u64) + Send>>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        if let Some(hear) = self.hear.take() {
            hear(self.sent);
        }
    }
}

/// A span of a file, read piece by piece beside the worker threads and never ahead of the client.
pub struct Pieces {
    source: Arc<dyn Source>,
    left: Range<u64>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    /// One of the downloads that there may be at one time.
    _place: OwnedSemaphorePermit,
    witness: Option<Witness>,
}

impl Body {
    pub fn empty() -> Self {
        Full::default().into()
    }

    pub fn from_file(file: Arc<File>, span: Range<u64>, place: OwnedSemaphorePermit) -> Self {
        Body::from_source(file, span, place, None)
    }

    /// `hear` is told how many bytes were handed over, whichever way the answer ends.
    pub fn witnessed(
        source: Arc<dyn Source>,
        span: Range<u64>,
        place: OwnedSemaphorePermit,
        hear: impl FnOnce(u64) + Send + 'static,
    ) -> Self {
        Body::from_source(source, span, place, Some(Witness { sent: 0, hear: Some(Box::new(hear)) }))
    }

    fn from_source(
        source: Arc<dyn Source>,
        span: Range<u64>,
        place: OwnedSemaphorePermit,
        witness: Option<Witness>,
    ) -> Self {
        let pieces = Pieces { source, left: span, reading: None, _place: place, witness };
        Body { content: Content::Pieces(pieces), pulse: None }
    }

    /// The last byte handed over, or the client gone: then `pulse` hears of it.
    pub fn tell_when_over(&mut self, pulse: Arc<Pulse>) {
        self.pulse = Some(pulse);
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(pulse) = self.pulse.take() {
            pulse.answer_ended();
        }
    }
}

impl From<Full<Bytes>> for Body {
    fn from(full: Full<Bytes>) -> Self {
        Body { content: Content::Whole(full), pulse: None }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Full::new(bytes).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        match &mut body.content {
            Content::Whole(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Content::Pieces(pieces) => {
                body.pulse.iter().for_each(|pulse| pulse.piece_taken());
                pieces.poll_piece(cx).map(|piece| piece.map(|bytes| bytes.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(full) => full.is_end_stream(),
            Content::Pieces(pieces) => pieces.left.is_empty() && pieces.reading.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(full) => full.size_hint(),
            Content::Pieces(pieces) => SizeHint::with_exact(pieces.left.end - pieces.left.start),
        }
    }
}

impl Pieces {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.reading.is_none() && self.left.is_empty() {
            return Poll::Ready(None);
        }
        let (source, left) = (&self.source, &self.left);
        let reading = self.reading.get_or_insert_with(|| {
            let (source, start, length) = (source.clone(), left.start, PIECE_BYTES.min(left.end - left.start));
            tokio::task::spawn_blocking(move || source.span(start, length))
        });
        let piece = ready!(Pin::new(reading).poll(cx)).map_err(io::Error::other).and_then(|piece| piece);
        self.reading = None;
        match &piece {
            Ok(bytes) => {
                self.left.start += bytes.len() as u64;
                self.witness.iter_mut().for_each(|witness| witness.sent += bytes.len() as u64);
            }
            Err(_) => self.left.start = self.left.end,
        }
        Poll::Ready(Some(piece))
    }
}

/// `length` bytes from `start` on; a file that was cut short is an error, never a short answer.
pub(super) fn read_span(file: &File, start: u64, length: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut piece, start)?;
    Ok(piece.into())
}
