//! Words to the service manager (`sd_notify`): datagrams to the socket that the variable `NOTIFY_SOCKET` names.

use crate::error::{Error, Result};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// A way to the service manager. Nobody is ever waited for.
#[derive(Debug)]
pub struct Notifier {
    socket: UnixDatagram,
    address: SocketAddr,
}

impl Notifier {
    /// To the socket of this name, as `NOTIFY_SOCKET` gives it: a path, or `@` and an abstract name.
    ///
    /// # Errors
    /// `EAFNOSUPPORT` for any other kind of address, `EINVAL` for a name that is too long, or the errno of `socket`.
    pub fn new(name: &str) -> Result<Notifier> {
        let address = match name.as_bytes() {
            [b'@', abstract_name @ ..] => SocketAddr::from_abstract_name(abstract_name),
            [b'/', ..] => SocketAddr::from_pathname(name),
            _ => return Err(Error::new("NOTIFY_SOCKET", libc::EAFNOSUPPORT)),
        };
        // What is wrong with a name has no errno of its own.
        let address = address.map_err(|_| Error::new("NOTIFY_SOCKET", libc::EINVAL))?;
        let socket = UnixDatagram::unbound().map_err(|error| Error::from_io("socket", &error))?;
        socket.set_nonblocking(true).map_err(|error| Error::from_io("ioctl(FIONBIO)", &error))?;
        Ok(Notifier { socket, address })
    }

    /// Sends one message, lines of `NAME=value`. False: the manager is behind with its reading, nothing was sent.
    ///
    /// # Errors
    /// The errno of `sendto`, such as `ECONNREFUSED` if nobody listens.
    pub fn send(&self, message: &str) -> Result<bool> {
        match self.socket.send_to_addr(message.as_bytes(), &self.address) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(Error::from_io("sendto", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn speaks_to_paths_and_to_abstract_names() {
        let path = env::temp_dir().join(format!("hatchery-notify-{}", std::process::id()));
        let manager = UnixDatagram::bind(&path).unwrap();
        assert!(Notifier::new(path.to_str().unwrap()).unwrap().send("READY=1").unwrap());
        assert_eq!(received(&manager), "READY=1");
        std::fs::remove_file(&path).unwrap();

        let name = format!("hatchery-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        let notifier = Notifier::new(&format!("@{name}")).unwrap();
        assert!(notifier.send("STATUS=3 tasks\nWATCHDOG=1").unwrap());
        assert_eq!(received(&manager), "STATUS=3 tasks\nWATCHDOG=1");
        // A manager that does not read holds nobody up.
        while notifier.send("WATCHDOG=1").unwrap() {}
        drop(manager);
        assert_eq!(notifier.send("WATCHDOG=1").unwrap_err().raw_os_error(), libc::ECONNREFUSED);
    }

    #[test]
    fn other_addresses_are_refused() {
        let refused = |name: &str| Notifier::new(name).unwrap_err().raw_os_error();
        assert_eq!(refused("vsock:2:1"), libc::EAFNOSUPPORT);
        assert_eq!(refused(""), libc::EAFNOSUPPORT);
        assert_eq!(refused(&format!("/{}", "a".repeat(200))), libc::EINVAL);
    }
}
