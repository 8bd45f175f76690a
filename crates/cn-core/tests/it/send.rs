//! Every future of the library can move between threads, so that a program may `tokio::spawn` it.

use cn_core::deploy::{self, Confidential, Outcome, Proposed, ReviewedChangeSet, Verdict, Watch};
use cn_core::failure::LogPlace;
use cn_core::inputs;
use cn_core::keys::{Keeper, KeySince, Revoker};
use cn_core::package::{self, Event, Regions};
use cn_core::s3::BucketNames;
use cn_core::session::{Home, Session};
use cn_core::web_identity::{IssuerUrl, Jwk, TokenSource};
use cn_core::{cleanup, doctor, inspect, stack_set};

fn any<T>() -> T {
    unreachable!("it is only compiled")
}

fn is_send(_: impl Future + Send) {}

#[expect(dead_code, reason = "compiling it is the test")]
fn every_future_moves() {
    let session = any::<&Session>;
    let regions = any::<&Regions>;
    is_send(deploy::read(any(), any(), any(), any()));
    is_send(deploy::propose(any(), any(), any(), any()));
    is_send(deploy::attach(any(), any(), any(), any(), any()));
    is_send(any::<Proposed>().conclude(any(), any(), any(), any()));
    is_send(any::<Verdict>().conclude(any(), any(), any()));
    is_send(any::<Outcome>().wait_ready(any(), any(), any(), any()));
    is_send(any::<&ReviewedChangeSet>().read(any(), any()));
    is_send(any::<&Watch>().clean_up(any()));
    is_send(any::<&LogPlace>().read(any(), any()));
    is_send(stack_set::read(any(), any(), any(), any()));
    is_send(stack_set::apply(any(), any(), any(), any()));
    is_send(stack_set::attach(
        any(),
        any(),
        any(),
        any(),
        any(),
        any(),
        any(),
    ));
    is_send(inputs::gather(any(), any()));
    is_send(inputs::gather_template(any(), any()));
    is_send(Confidential::gather(any(), any()));
    is_send(inspect::drift(any(), any(), any(), any()));
    is_send(inspect::compare(any(), any(), any(), any()));
    is_send(inspect::verify_template(any(), any(), any(), any()));
    is_send(inspect::verify_code(any(), any(), any(), any(), any()));
    is_send(cleanup::read(any(), any(), any(), any(), any()));
    is_send(cleanup::apply(any(), any(), any(), any()));
    is_send(doctor::examine(any(), any()));
    is_send(package::apply(any(), any(), any(), &mut |_: &Event| {}));
    is_send(Regions::open(any()));
    is_send(regions().plan());
    is_send(regions().send(any(), any(), &mut |_: &Event| {}));
    is_send(regions().preview(any(), any()));
    is_send(any::<&BucketNames>().read(any()));
    is_send(Home::open(any(), any()));
    is_send(session().target());
    is_send(session().home());
    is_send(session().parameters(any()));
    is_send(session().verify_target());
    is_send(session().access_key(any()));
    is_send(session().credentials());
    is_send(session().temporary(any()));
    is_send(session().target_variables());
    is_send(Keeper::open(any(), any(), any(), any(), any()));
    is_send(KeySince::of(any(), any(), any()));
    is_send(any::<&Keeper>().put(any(), any()));
    is_send(any::<&Keeper>().read());
    is_send(any::<&Keeper>().rotate(any(), any()));
    is_send(any::<&Keeper>().apply(any(), any(), any()));
    is_send(Revoker::admin(any()));
    is_send(any::<&Revoker>().revoke(any(), any(), any()));
    is_send(Jwk::of_kms(any(), any()));
    is_send(any::<&TokenSource>().token(any(), any(), any()));
    is_send(any::<&IssuerUrl>().verify(any(), any()));
}
