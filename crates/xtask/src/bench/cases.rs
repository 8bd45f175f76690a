//! The rows of the table and their targets.

use std::time::Duration;

use cn_testkit::workload::Edit;

use super::checking::Input;
use super::link::{Kernel, Path};
use super::packaging::{LONG, Network, ROUND_TRIP};
use super::report::Goal::{self, Peak, Sent, Times, Within};

/// A row of the table.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) goals: &'static [Goal],
    pub(super) job: Job,
    pub(super) runs: usize,
}

/// The work of both programs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Job {
    /// Print their version.
    Start,
    /// Package a generated project.
    Package {
        project: &'static str,
        network: Network,
        /// True if the bucket already has everything.
        is_repeated: bool,
    },
    /// Package a changed archive, of which the bucket has an earlier version.
    Delta { edit: Edit, is_over_link: bool },
    /// Check templates for cn-north-1; cfn-lint is the peer.
    Check(Input),
    /// Deploy a stack that needs no change.
    DeployAgain,
}

impl Job {
    /// Returns true if the work takes so long that no extra turn warms the caches.
    pub(super) fn is_long(self) -> bool {
        match self {
            Self::Check(_) => true,
            Self::Package { network, .. } => matches!(network, Network::Link(_)),
            Self::Delta { edit, is_over_link } => is_over_link || edit != Edit::Changed,
            Self::Start | Self::DeployAgain => false,
        }
    }
}

const fn case(name: &'static str, job: Job, goals: &'static [Goal]) -> Case {
    Case {
        name,
        goals,
        job,
        runs: 3,
    }
}

/// Returns a case that runs once.
const fn once(name: &'static str, job: Job, goals: &'static [Goal]) -> Case {
    Case {
        runs: 1,
        ..case(name, job, goals)
    }
}

/// Returns all cases in the order of the table.
pub(super) fn all() -> Vec<Case> {
    let all = cases().into_iter().chain(link_cases());
    all.chain(delta_cases()).collect()
}

const fn package(project: &'static str, network: Network, is_repeated: bool) -> Job {
    Job::Package {
        project,
        network,
        is_repeated,
    }
}

const fn delta(edit: Edit, is_over_link: bool) -> Job {
    Job::Delta { edit, is_over_link }
}

/// Returns the cases for an archive of 200 MB that was sent before, and a changed one.
fn delta_cases() -> Vec<Case> {
    vec![
        case(
            "200 MB sent before, one file of 10 kB changed",
            delta(Edit::Changed, false),
            &[Sent(12.0), Times(1.0)],
        ),
        once(
            "the same, a file appended",
            delta(Edit::Appended, false),
            &[Sent(12.0), Times(1.0)],
        ),
        once(
            "the same, a file removed",
            delta(Edit::Removed, false),
            &[Sent(12.0), Times(1.0)],
        ),
        once(
            "the same, a folder renamed",
            delta(Edit::Renamed, false),
            &[Sent(12.0), Times(1.0)],
        ),
        once(
            "the same, 20 files of 10 kB changed",
            delta(Edit::Scattered, false),
            &[Sent(100.0), Times(1.0)],
        ),
        once(
            "200 MB sent before, one file of 10 kB changed, 250 ms, 50 Mbit/s",
            delta(Edit::Changed, true),
            &[Times(12.0), Sent(12.0)],
        ),
    ]
}

/// Returns the cases for one archive of 60 MB over emulated links.
fn link_cases() -> Vec<Case> {
    let near = Path {
        round_trip: Duration::from_millis(10),
        rate_mbit: 1000,
        ..LONG
    };
    let middling = Path {
        round_trip: Duration::from_millis(80),
        rate_mbit: 200,
        loss_percent: 0.1,
        ..LONG
    };
    let lossy = Path {
        loss_percent: 1.0,
        ..LONG
    };
    let cut_off = Path {
        reset_every: 4,
        ..LONG
    };
    let offers_bbr = |path| Path {
        kernel: Kernel::OffersBbr,
        ..path
    };
    let over = |path| package("one-large-file", Network::Link(path), false);
    vec![
        case(
            "60 MB, 250 ms round trip, 50 Mbit/s",
            over(LONG),
            &[Within(12.5), Times(1.0)],
        ),
        case(
            "the same, and the kernel offers BBR",
            over(offers_bbr(LONG)),
            &[Within(12.0), Times(1.0)],
        ),
        once(
            "60 MB, 250 ms, 50 Mbit/s, 1 % of packets lost",
            over(lossy),
            &[Within(70.0), Times(1.0)],
        ),
        once(
            "the same, and the kernel offers BBR",
            over(offers_bbr(lossy)),
            &[Within(15.0), Times(8.0)],
        ),
        once(
            "60 MB, 250 ms, 50 Mbit/s, every 4th upload cut off",
            over(cut_off),
            &[Sent(69.0), Times(1.0)],
        ),
        case(
            "60 MB, 10 ms round trip, 1 Gbit/s",
            over(near),
            &[Times(1.0)],
        ),
        case(
            "60 MB, 80 ms round trip, 200 Mbit/s, 0.1 % of packets lost",
            over(middling),
            &[Times(1.0)],
        ),
    ]
}

fn cases() -> Vec<Case> {
    let cold = |project| package(project, Network::Loopback, false);
    let again = |project| package(project, Network::Loopback, true);
    let slow = Network::Slow(ROUND_TRIP);
    vec![
        Case {
            runs: 7,
            ..case("start (`--version`)", Job::Start, &[Times(50.0)])
        },
        Case {
            runs: 7,
            ..case("one small function", cold("one-function"), &[Times(20.0)])
        },
        Case {
            runs: 5,
            ..case(
                "100 functions, 20 files each",
                cold("functions"),
                &[Times(15.0)],
            )
        },
        Case {
            runs: 5,
            ..case(
                "the same, nothing changed",
                again("functions"),
                &[Times(30.0)],
            )
        },
        case("20,000 files, 200 MB", cold("many-files"), &[Times(3.0)]),
        case(
            "the same, nothing changed",
            again("many-files"),
            &[Times(20.0)],
        ),
        case("500 MB in ten files", cold("large-files"), &[Times(4.0)]),
        case("200 nested templates", cold("nested"), &[Times(20.0)]),
        case(
            "one template of 1 MB",
            cold("long-template"),
            &[Times(50.0)],
        ),
        once(
            "100 functions, 250 ms to each answer",
            package("functions", slow, false),
            &[Times(15.0)],
        ),
        Case {
            runs: 7,
            ..case(
                "deploying, nothing changed",
                Job::DeployAgain,
                &[Times(10.0)],
            )
        },
        once(
            "checking templates, with cfn-lint",
            Job::Check(Input::Templates),
            &[Times(30.0)],
        ),
        once(
            "hostile shape: one line of 1 MB, 4,000 findings",
            Job::Check(Input::OneLine),
            &[Within(1.0), Peak(150.0)],
        ),
        once(
            "hostile shape: one text, 5,000 ARNs",
            Job::Check(Input::OneText),
            &[Within(1.0), Peak(150.0)],
        ),
    ]
}
