//! Bodies as they pass: each part is looked at and handed on, none is kept.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::http1::SendRequest,
};

use super::{
    facts::{RequestTap, ResponseTap},
    ticket::Ticket,
    upstream::Upstream,
};
use crate::model::exchange::ExchangeEnd;

/// What is known of a request, also while it is on its way.
pub(super) type SharedTap = Arc<Mutex<RequestTap>>;

/// A request's body on its way to the server.
#[derive(Debug)]
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
                let frame = ready!(Pin::new(body).poll_frame(context));
                if let Some(bytes) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                    tap.lock().unwrap_or_else(PoisonError::into_inner).read(bytes);
                }
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
    pub connection: Option<SendRequest<Upload>>,
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
        let frame = ready!(Pin::new(&mut passing.body).poll_frame(context));
        match &frame {
            None => passing.end(),
            Some(Err(_)) => passing.ticket.record.end = ExchangeEnd::Broken,
            Some(Ok(frame)) => {
                if let Some(bytes) = frame.data_ref() {
                    passing.tap.read(bytes);
                }
                // Where the length is known, nobody asks for more than it.
                if passing.body.is_end_stream() {
                    passing.end();
                }
            }
        }
        Poll::Ready(frame)
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
