//! A server and its clients that cost as little as they can, since they take their time from the processors that the proxies need: one thread
//! each, one wait for all connections, bytes that are ready, and a single call of the system for each part that is written or read.

use std::{
    collections::VecDeque,
    fs,
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, Event, EventData, EventFlags},
    fd::OwnedFd,
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime},
};

use crate::figures::Result;

const BODY: &str = r#"{"model":"m","prompt":"a prompt of some length, as clients send it","options":{"num_ctx":4096,"num_predict":40}}"#;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
const LINE: &str = "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"response\":\" word\",\"done\":false}\n";
const LAST_LINE: &str =
    "{\"model\":\"m\",\"response\":\"\",\"done\":true,\"total_duration\":200000000,\"eval_count\":40}\n";

/// The end of an answer in chunks.
const END: [u8; 7] = *b"\r\n0\r\n\r\n";

/// What the listener is known by among connections.
const LISTENER: u64 = u64::MAX;

/// Lines that are due within so little of each other come in the same moment.
const GRAIN: Duration = Duration::from_micros(100);

/// What the clock is known by among connections.
const CLOCK: u64 = LISTENER - 1;

/// Connections that are looked at after one wait.
const EVENTS: usize = 256;

/// A server on a thread of its own, as long as the program runs.
pub struct Server {
    pub address: String,
    thread: Thread,
}

/// A thread, as the system knows it.
struct Thread(String);

impl Thread {
    fn current() -> Result<Self> {
        Ok(Self(fs::read_link("/proc/thread-self")?.to_string_lossy().into_owned()))
    }

    /// What it used of processors so far: the first figure of its `schedstat`, in nanoseconds.
    fn processor_seconds(&self) -> Option<f64> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.0)).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
    }
}

/// What an answer consists of, and when.
struct Script {
    first: Vec<u8>,
    middle: Vec<u8>,
    last: Vec<u8>,
    lines: usize,
    every: Duration,
}

impl Script {
    fn new(lines: usize, every: Duration) -> Self {
        let chunk = |line: &str| format!("{:x}\r\n{line}\r\n", line.len());
        let (middle, last) = (chunk(LINE), format!("{}0\r\n\r\n", chunk(LAST_LINE)));
        let first = if lines > 1 { format!("{HEAD}{middle}") } else { format!("{HEAD}{last}") };
        Self { first: first.into(), middle: middle.into(), last: last.into(), lines, every }
    }

    fn line(&self, number: usize) -> &[u8] {
        match number {
            1 => &self.first,
            number if number == self.lines => &self.last,
            _ => &self.middle,
        }
    }
}

impl Server {
    /// One that gives every request so many lines, one every so often, or all at once.
    pub fn start(lines: usize, every: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            if let Ok(thread) = Thread::current() {
                let _ = tell.send(thread);
            }
            Answering::new(listener, Script::new(lines, every)).and_then(Answering::run)
        });
        Ok(Self { address, thread: told.recv()? })
    }

    pub fn processor_seconds(&self) -> Option<f64> {
        self.thread.processor_seconds()
    }
}

/// A connection of a client.
struct Asking {
    stream: TcpStream,
    seen: Vec<u8>,
    /// Lines of the answer that are on their way.
    said: usize,
}

struct Answering {
    listener: TcpListener,
    script: Script,
    began: Instant,
    epoll: OwnedFd,
    clients: Vec<Option<Asking>>,
    /// When whose next line is due. All wait equally long, so that they stand in order.
    due: VecDeque<(Duration, usize)>,
    /// Rings when the first of them is due: the wait for connections itself knows milliseconds only.
    clock: OwnedFd,
}

impl Answering {
    fn new(listener: TcpListener, script: Script) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        let clock = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &clock, EventData::new_u64(CLOCK), EventFlags::IN | EventFlags::ET)?;
        Ok(Self { listener, script, began: Instant::now(), epoll, clients: Vec::new(), due: VecDeque::new(), clock })
    }

    fn run(mut self) -> io::Result<()> {
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        let mut rings = None;
        loop {
            let next = self.due.front().map(|(at, _)| *at);
            if next != rings && next.is_some() {
                self.ring(next.unwrap_or_default())?;
                rings = next;
            }
            epoll::wait(&self.epoll, spare_capacity(&mut events), None)?;
            for event in events.drain(..) {
                match event.data.u64() {
                    LISTENER => self.accept()?,
                    CLOCK => rings = None,
                    number => self.hear(usize::try_from(number).map_err(io::Error::other)?),
                }
            }
            self.speak();
        }
    }

    /// Sets the clock to so long after the beginning.
    fn ring(&self, at: Duration) -> io::Result<()> {
        let left = at.saturating_sub(self.began.elapsed()).max(Duration::from_nanos(1));
        let seconds = i64::try_from(left.as_secs()).map_err(io::Error::other)?;
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() },
        };
        timerfd_settime(&self.clock, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        let stream = self.listener.accept()?.0;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(&self.epoll, &stream, EventData::new_u64(self.clients.len() as u64), EventFlags::IN)?;
        self.clients.push(Some(Asking { stream, seen: Vec::with_capacity(4096), said: 0 }));
        Ok(())
    }

    /// Reads what a client says. Its request is whole when its body is there, since one comes after the other.
    fn hear(&mut self, number: usize) {
        let Some(place) = self.clients.get_mut(number) else { return };
        let Some(client) = place else { return };
        let mut buffer = [0; 4096];
        match client.stream.read(&mut buffer) {
            Ok(0) => *place = None,
            Ok(read) => {
                client.seen.extend_from_slice(buffer.get(..read).unwrap_or_default());
                if client.seen.ends_with(BODY.as_bytes()) {
                    client.seen.clear();
                    client.said = 0;
                    let grains = self.began.elapsed().as_nanos().div_ceil(GRAIN.as_nanos());
                    let now = GRAIN * u32::try_from(grains).unwrap_or(u32::MAX);
                    self.due.push_back((now + self.script.every, number));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => *place = None,
        }
    }

    /// Writes what is due. A line is so short that the system takes it whole.
    fn speak(&mut self) {
        let now = self.began.elapsed();
        while let Some(&(at, number)) = self.due.front() {
            if at > now && !self.script.every.is_zero() {
                return;
            }
            self.due.pop_front();
            let Some(place) = self.clients.get_mut(number) else { continue };
            let Some(client) = place else { continue };
            client.said += 1;
            let line = self.script.line(client.said);
            if !client.stream.write(line).is_ok_and(|written| written == line.len()) {
                *place = None;
            } else if client.said < self.script.lines {
                self.due.push_back((at + self.script.every, number));
            }
        }
    }
}

/// When clients are done.
#[derive(Clone, Copy)]
pub enum Until {
    Over(Duration),
    Made(usize),
}

/// What clients saw.
pub struct Load {
    /// How long each request took.
    pub times: Vec<Duration>,
    /// From the first to the last.
    pub seconds: f64,
    /// Processor time of all clients.
    pub spent: Option<f64>,
}

/// A client's connection.
struct Client {
    stream: TcpStream,
    /// The last bytes of the answer so far.
    tail: [u8; END.len()],
    asked: Instant,
    made: usize,
    most: usize,
}

/// So many clients, each with one request after the other.
pub fn load(address: &str, connections: usize, until: Until) -> Result<Load> {
    let thread = Thread::current()?;
    let before = thread.processor_seconds();
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let request =
        format!("POST /api/generate HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{BODY}", BODY.len());
    let began = Instant::now();
    let mut clients = Vec::new();
    for number in 0..connections {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(&epoll, &stream, EventData::new_u64(number as u64), EventFlags::IN)?;
        let most = match until {
            Until::Made(requests) => (requests + number) / connections,
            Until::Over(_) => usize::MAX,
        };
        clients.push(Client { stream, tail: [0; END.len()], asked: Instant::now(), made: 0, most });
    }
    let limit = match until {
        Until::Over(limit) => limit,
        Until::Made(_) => Duration::MAX,
    };
    let mut times = Vec::new();
    let mut busy = 0;
    for client in &mut clients {
        busy += usize::from(client.ask(&request, began, limit)?);
    }
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
    let mut buffer = vec![0; 1 << 16];
    while busy > 0 {
        epoll::wait(&epoll, spare_capacity(&mut events), None)?;
        for event in events.drain(..) {
            let Some(client) = clients.get_mut(usize::try_from(event.data.u64())?) else { continue };
            if !client.hear(&mut buffer)? {
                continue;
            }
            times.push(client.asked.elapsed());
            busy -= usize::from(!client.ask(&request, began, limit)?);
        }
    }
    let spent = thread.processor_seconds().zip(before).map(|(after, before)| after - before);
    Ok(Load { times, seconds: began.elapsed().as_secs_f64(), spent })
}

impl Client {
    /// Sends the next request, if there is to be one.
    fn ask(&mut self, request: &str, began: Instant, limit: Duration) -> io::Result<bool> {
        if self.made >= self.most || began.elapsed() >= limit {
            return Ok(false);
        }
        self.made += 1;
        self.tail = [0; END.len()];
        self.asked = Instant::now();
        let written = self.stream.write(request.as_bytes())?;
        if written < request.len() { Err(io::ErrorKind::WriteZero.into()) } else { Ok(true) }
    }

    /// Reads a part, and says whether the answer is whole.
    fn hear(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let read = match self.stream.read(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        let part = buffer.get(..read).unwrap_or_default();
        let mut tail = self.tail.to_vec();
        tail.extend_from_slice(part.get(read.saturating_sub(END.len())..).unwrap_or_default());
        if let Some(last) = tail.last_chunk() {
            self.tail = *last;
        }
        Ok(self.tail == END)
    }
}
