//! Bodies as they pass: each part is looked at and handed on, none is kept.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::{
    again::Kept,
    facts::{RequestTap, ResponseTap},
    ticket::Ticket,
    upstream::{Line, Upstream},
};
use crate::model::exchange::ExchangeEnd;

/// What is known of a request, also while it is on its way.
pub(super) type SharedTap = Arc<Mutex<Sent>>;

/// A request on its way.
pub(super) struct Sent {
    pub tap: RequestTap,
    /// What there is of it in case that it must be sent again; none where it may not, or when its answer has begun.
    pub kept: Option<Kept>,
}

impl Sent {
    /// The next part of the body, and whether it is the last.
    pub fn read(&mut self, part: &Bytes, is_last: bool) {
        self.tap.read(part);
        if let Some(kept) = &mut self.kept {
            kept.is_whole = is_last;
            if !kept.add(part) {
                self.kept = None;
            }
        }
    }

    /// There is no more of it.
    pub const fn end(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.is_whole = true;
        }
    }
}

/// A request's body on its way to the server.
pub(super) enum Upload {
    Passing {
        body: Incoming,
        tap: SharedTap,
    },
    /// One that had to be read first, because something was put in.
    Whole(Option<Bytes>),
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Passing { body, tap } => {
                let frame = ready!(Pin::new(&mut *body).poll_frame(context));
                let mut sent = tap.lock().unwrap_or_else(PoisonError::into_inner);
                match frame.as_ref().map(|frame| frame.as_ref().ok().map(Frame::data_ref)) {
                    Some(Some(Some(bytes))) => sent.read(bytes, body.is_end_stream()),
                    // It broke off, or there is more behind it than a body.
                    Some(_) => sent.kept = None,
                    None => sent.end(),
                }
                drop(sent);
                Poll::Ready(frame)
            }
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Passing { body, .. } => body.is_end_stream(),
            Self::Whole(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Passing { body, .. } => body.size_hint(),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
        }
    }
}

/// An answer's body on its way to the client.
pub(super) enum Download {
    Passing(Box<Passing>),
    /// Words of the proxy itself.
    Own(Option<Bytes>),
}

/// An answer of the server. Dropped before its end, it closes the connection to the server.
pub(super) struct Passing {
    pub body: Incoming,
    pub tap: ResponseTap,
    pub ticket: Ticket,
    pub connection: Option<Line>,
    /// Why it broke off, until what came before that is on its way to the client.
    pub broken: Option<hyper::Error>,
    pub upstream: Arc<Upstream>,
}

impl Passing {
    /// Everything was passed on.
    fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.upstream.give_back(connection);
        }
        self.ticket.record.end = ExchangeEnd::Complete;
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.tap.fill(&mut self.ticket.record);
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let passing = match self.get_mut() {
            Self::Passing(passing) => passing,
            Self::Own(bytes) => return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
        };
        if let Some(error) = passing.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        if let Some(connection) = &mut passing.connection {
            connection.work(context);
        }
        let frame = match ready!(Pin::new(&mut passing.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => {
                passing.ticket.record.end = ExchangeEnd::Broken;
                // An error ends the connection to the client at once, and parts that came with it would not be written any more.
                passing.broken = Some(error);
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None => {
                passing.end();
                return Poll::Ready(None);
            }
        };
        if let Some(bytes) = frame.data_ref() {
            passing.tap.read(bytes);
        }
        // Where the length is known, nobody asks for more than it.
        if passing.body.is_end_stream() {
            passing.end();
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Passing(passing) => passing.body.is_end_stream(),
            Self::Own(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Passing(passing) => passing.body.size_hint(),
            Self::Own(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
        }
    }
}
