//! A connection's socket, which can be looked at beside whoever reads from it.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

/// It is closed when the last of its copies is gone.
#[derive(Clone)]
pub(super) struct Socket(Arc<TcpStream>);

impl Socket {
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    /// Whether an idle connection still stands, as the system knows it by now: the runtime may not have heard of its end yet. Nothing is to come over
    /// one in the open; over TLS there may be tickets for the next session.
    #[cfg(unix)]
    pub fn is_quiet(&self, has_tls: bool) -> bool {
        use rustix::net::{RecvFlags, recv};
        let mut byte = [0];
        match recv(&*self.0, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((0, _)) => false,
            Ok(_) => has_tls,
            Err(error) => io::Error::from(error).kind() == io::ErrorKind::WouldBlock,
        }
    }

    /// Elsewhere it shows when it is used.
    #[cfg(not(unix))]
    pub const fn is_quiet(&self, _has_tls: bool) -> bool {
        true
    }

    /// Reads what is there. A buffer that is not full then has taken all of it: the next read waits without asking the system, which tells when there
    /// is more (epoll and kqueue do; elsewhere nothing is taken for granted).
    fn read(&self, buffer: &mut ReadBuf<'_>) -> io::Result<usize> {
        let mut read = Err(io::ErrorKind::WouldBlock.into());
        // Only what was known before the read is forgotten by this: what comes in between is not.
        let _ = self.0.try_io(Interest::READABLE, || {
            read = self.0.try_read_buf(buffer);
            let is_all = cfg!(any(target_os = "linux", target_vendor = "apple"))
                && read.as_ref().is_ok_and(|read| *read > 0)
                && buffer.remaining() > 0;
            if is_all { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        read
    }

    /// Nothing more is written.
    #[cfg(unix)]
    fn shut(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(&*self.0, rustix::net::Shutdown::Write)?)
    }

    /// Elsewhere it is closed when the last copy is gone, which is soon.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it may fail")]
    const fn shut(&self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(context))?;
            match self.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(context))?;
            match self.0.try_write_vectored(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shut())
    }
}
