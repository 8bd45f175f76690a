//! Socket options for long links; no effect on systems without them.

use tokio::net::TcpStream;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::os::fd::AsFd;
    use std::sync::LazyLock;
    use std::time::Duration;

    use nix::sys::socket::sockopt::TcpCongestion;
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, getsockopt, setsockopt, socket};
    use nix::{getsockopt_impl, setsockopt_impl, sockopt_impl};

    sockopt_impl!(
        /// The maximum bytes per second that a socket sends. Any value except the highest makes TCP
        /// pace.
        MaxPacingRate,
        Both,
        libc::SOL_SOCKET,
        libc::SO_MAX_PACING_RATE,
        u32
    );

    sockopt_impl!(
        /// The first words of `tcp_info`. The last of them is the round trip in microseconds.
        ///
        /// # Source
        ///
        /// Linux: `include/uapi/linux/tcp.h`.
        Info,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        [u32; 18]
    );

    /// Connections with a shorter round trip are not paced: what their queues lose is soon sent
    /// again, and pacing would cost more time than that.
    const SHORTEST_PACED: Duration = Duration::from_millis(20);

    /// 4 GB/s, which is no real limit. The highest number would mean no limit, and turn pacing off.
    pub(super) const PACED: u32 = u32::MAX - 1;

    /// Switches a socket to BBR. Returns true if the kernel permits it.
    fn choose_bbr(socket: &impl AsFd) -> bool {
        setsockopt(socket, TcpCongestion, &OsString::from("bbr")).is_ok()
    }

    /// True if the kernel offers BBR.
    ///
    /// That depends on its modules and on the permissions of the process.
    pub(super) static HAS_BBR: LazyLock<bool> = LazyLock::new(|| {
        let socket = socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        );
        socket.is_ok_and(|socket| choose_bbr(&socket))
    });

    pub(super) fn tune(socket: &impl AsFd) {
        if *HAS_BBR && choose_bbr(socket) {
            return;
        }
        if round_trip(socket).is_none_or(|time| time >= SHORTEST_PACED) {
            pace(socket);
        }
    }

    /// Returns the round trip of a connection as its handshake took it.
    pub(super) fn round_trip(socket: &impl AsFd) -> Option<Duration> {
        let [.., micros] = getsockopt(socket, Info).ok()?;
        Some(Duration::from_micros(micros.into()))
    }

    pub(super) fn pace(socket: &impl AsFd) {
        if let Err(error) = setsockopt(socket, MaxPacingRate, &PACED) {
            tracing::debug!(%error, "a connection is not paced");
        }
    }
}

/// Makes a socket send evenly, with BBR if the kernel offers it.
pub(super) fn tune(socket: &TcpStream) {
    #[cfg(target_os = "linux")]
    linux::tune(socket);
    #[cfg(not(target_os = "linux"))]
    let _ = socket;
}

/// Returns true if tuned sockets use BBR.
#[cfg(feature = "package")]
pub(crate) fn has_bbr() -> bool {
    #[cfg(target_os = "linux")]
    return *linux::HAS_BBR;
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::sys::socket::getsockopt;
    use nix::sys::socket::sockopt::TcpCongestion;

    use super::*;

    #[tokio::test]
    async fn a_socket_of_a_long_link_sends_evenly() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = TcpStream::connect(address).await.unwrap();
        let round_trip = linux::round_trip(&socket).unwrap();
        assert!(round_trip.as_micros() > 0 && round_trip.as_secs() < 5);
        let rate = || getsockopt(&socket, linux::MaxPacingRate).unwrap();
        let unpaced = rate();
        tune(&socket);
        let algorithm = getsockopt(&socket, TcpCongestion).unwrap();
        if *linux::HAS_BBR {
            assert_eq!(algorithm.to_string_lossy().trim_end_matches('\0'), "bbr");
        }
        assert_eq!(rate(), unpaced, "loopback is short");
        linux::pace(&socket);
        assert_eq!(rate(), linux::PACED);
    }
}
