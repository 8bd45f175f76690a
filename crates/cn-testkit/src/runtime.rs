//! The background runtime of routers and signed requests.
//!
//! Tests are ordinary functions that block; their asynchronous work runs here.

use std::future::Future;
use std::sync::{OnceLock, mpsc};

use tokio::runtime::{Builder, Runtime};

/// Returns the runtime of this process, started at the first call.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_name("cn-testkit")
            .build()
            .expect("threads can be started")
    })
}

/// Runs a future in the background and waits for it, even from inside another runtime.
pub(crate) fn wait<F>(future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (sender, receiver) = mpsc::channel();
    runtime().spawn(async move {
        // The receiver is gone only if the waiting test has already failed.
        drop(sender.send(future.await));
    });
    receiver.recv().expect("the future ran to its end")
}
