//! Messages with descriptors between two processes.
//!
//! rustix receives: it owns every descriptor that arrived, also in a message that is then refused, so a
//! hostile peer cannot fill the descriptor table.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use crate::descriptor;
use crate::error::{Error, Named, Result};

/// Most descriptors that one message carries.
pub const MAXIMUM_DESCRIPTORS: usize = 8;

/// One end of a `SOCK_SEQPACKET` pair: message boundaries are kept and the end of the peer is seen.
#[derive(Debug)]
pub struct SeqPacket {
    descriptor: OwnedFd,
}

/// What [`SeqPacket::receive`] found.
#[derive(Debug)]
pub enum Received {
    /// A message; its bytes are at the start of the buffer.
    Message {
        /// Number of bytes.
        length: usize,
        /// Descriptors that came with it, all close-on-exec.
        fds: Vec<OwnedFd>,
    },
    /// Nothing there yet.
    WouldBlock,
    /// The peer is gone and all its messages have been read.
    End,
}

impl SeqPacket {
    /// Two connected ends, nonblocking.
    ///
    /// # Errors
    /// The errno of `socketpair`, such as `EMFILE`.
    pub fn pair() -> Result<(SeqPacket, SeqPacket)> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (left, right) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).named("socketpair")?;
        Ok((SeqPacket { descriptor: left }, SeqPacket { descriptor: right }))
    }

    /// Sends one message with its descriptors. False: the socket is full, nothing was sent.
    ///
    /// # Errors
    /// `EPIPE` or `ECONNRESET` if the peer is gone, `EINVAL` for an empty message (it would read as the end)
    /// or too many descriptors, `EMSGSIZE` for a message larger than the socket's buffer.
    pub fn send(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<bool> {
        if bytes.is_empty() || descriptors.len() > MAXIMUM_DESCRIPTORS {
            return Err(Error::new("sendmsg", libc::EINVAL));
        }
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAXIMUM_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(Error::new("sendmsg(control)", libc::EINVAL));
        }
        let parts = [IoSlice::new(bytes)];
        loop {
            match sendmsg(&self.descriptor, &parts, &mut control, SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(errno) => return Err(errno).named("sendmsg"),
            }
        }
    }

    /// Receives one message into `buffer`.
    ///
    /// # Errors
    /// `EMSGSIZE` if the message was longer than the buffer or carried too many descriptors (it is lost, its
    /// descriptors are closed), else the errno of `recvmsg`.
    pub fn receive(&self, buffer: &mut [u8]) -> Result<Received> {
        match self.receive_even_stripped(buffer)? {
            (_, true) => Err(Error::new("recvmsg(truncated)", libc::EMSGSIZE)),
            (received, false) => Ok(received),
        }
    }

    /// As [`receive`](SeqPacket::receive), also a message whose descriptors are lost, since there is no room for them in
    /// this process's table (`EMFILE`), or there were too many: then it has none, and the second value is true.
    ///
    /// # Errors
    /// `EMSGSIZE` if the message was longer than the buffer, else the errno of `recvmsg`.
    pub fn receive_even_stripped(&self, buffer: &mut [u8]) -> Result<(Received, bool)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAXIMUM_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let message = loop {
            let mut parts = [IoSliceMut::new(buffer)];
            match recvmsg(&self.descriptor, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
                Err(Errno::INTR) => {}
                // The peer closed with messages of ours unread. The kernel says so once and before what the
                // peer had sent; asking again gets that, then the end.
                Err(Errno::CONNRESET) => {}
                Err(Errno::AGAIN) => return Ok((Received::WouldBlock, false)),
                result => break result.named("recvmsg")?,
            }
        };
        let mut fds = Vec::new();
        for part in control.drain() {
            if let RecvAncillaryMessage::ScmRights(rights) = part {
                fds.extend(rights);
            }
        }
        if message.flags.contains(ReturnFlags::TRUNC) {
            return Err(Error::new("recvmsg(truncated)", libc::EMSGSIZE));
        }
        let stripped = message.flags.contains(ReturnFlags::CTRUNC);
        if stripped {
            fds.clear();
        } else if message.bytes == 0 && fds.is_empty() {
            return Ok((Received::End, false));
        }
        Ok((Received::Message { length: message.bytes, fds }, stripped))
    }

    /// Waits until a receive would not block; false if `timeout` passed first.
    ///
    /// # Errors
    /// The errno of `poll`, never `EINTR`.
    pub fn wait_readable(&self, timeout: Option<Duration>) -> Result<bool> {
        Ok(descriptor::wait_readable(&[self.as_fd()], timeout)?[0])
    }

    /// Number of the process that made this pair, `None` if it is not to be seen from here (another namespace).
    ///
    /// # Errors
    /// The errno of `getsockopt`.
    pub fn maker(&self) -> Result<Option<u32>> {
        let maker = getsockopt(&self.descriptor, PeerCredentials).named("getsockopt(SO_PEERCRED)")?;
        Ok(u32::try_from(maker.pid()).ok().filter(|process| *process > 0))
    }

    /// Changes whether calls on this open socket (in every process that has it) block.
    ///
    /// # Errors
    /// The errno of `ioctl`.
    pub fn set_nonblocking(&self, nonblocking: bool) -> Result<()> {
        rustix::io::ioctl_fionbio(&self.descriptor, nonblocking).named("ioctl(FIONBIO)")
    }
}

impl From<OwnedFd> for SeqPacket {
    fn from(descriptor: OwnedFd) -> SeqPacket {
        SeqPacket { descriptor }
    }
}

impl From<SeqPacket> for OwnedFd {
    fn from(socket: SeqPacket) -> OwnedFd {
        socket.descriptor
    }
}

impl AsFd for SeqPacket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
