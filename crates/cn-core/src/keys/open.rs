//! Creates a keeper from a session.

use tokio::time::Instant;

use super::clients::Signers;
use super::proof::Pacing;
use super::read::Keeper;
use super::store::Store;
use crate::session::{AccountId, KeyStore, Session, SessionError};
use crate::timestamp::Timestamp;

impl Keeper {
    /// Creates a keeper with the home identity and the target's endpoints of a session.
    ///
    /// The session's target identity is not used: keys sign for themselves.
    ///
    /// * `started`: the current time.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if the home identity cannot be used.
    pub async fn open(
        session: &Session,
        names: KeyStore,
        expected: Option<AccountId>,
        pacing: Pacing,
        started: Timestamp,
    ) -> Result<Self, SessionError> {
        let home = session.home().await?;
        let store = Store {
            ssm: home.ssm().clone(),
            region: home.region().clone(),
            names,
        };
        Ok(Self {
            store,
            signers: Signers::new(
                session.region().clone(),
                session.endpoints().await?,
                session.foreign_keys()?,
            ),
            expected,
            pacing,
            started,
            since: Instant::now(),
        })
    }
}
