//! Express mode: operations that are complete when resources are configured.
//!
//! # Source
//!
//! CloudFormation user guide, "Deploy stacks faster with express mode", also for China
//! (`docs.amazonaws.cn`), seen 2026-11-26.

use aws_sdk_cloudformation::types::{DeploymentConfig, DeploymentConfigMode, DetailedStatus};

use super::resource_status::ResourceStatus;

/// The settings of an operation in Express mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Express {
    /// True if successful resources stay when the operation fails.
    pub disable_rollback: bool,
}

impl Express {
    /// Reads the settings of an operation; `None` in the standard mode.
    pub(crate) fn of(config: &DeploymentConfig) -> Option<Self> {
        let is_express = config.mode() == Some(&DeploymentConfigMode::Express);
        is_express.then(|| Self {
            // The service's default in this mode.
            disable_rollback: config.disable_rollback().unwrap_or(true),
        })
    }
}

/// The work in the background on a configured resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// The resource is becoming ready to serve.
    BecomingReady,
    /// The resource is being deleted.
    BeingDeleted,
}

impl Background {
    /// Reads the background work from an event.
    ///
    /// In the standard mode a resource can be `CONFIGURATION_COMPLETE` while it is in progress. In
    /// Express mode it is complete, and only the reason shows that work continues.
    ///
    /// # Source
    ///
    /// CloudFormation user guide, "Understand stack creation events". The reason is the service's:
    /// "Resource operation completed using Express Mode. It may continue becoming available in the
    /// background." (aws-cdk-cli 1689).
    pub(crate) fn of(
        status: &ResourceStatus,
        detailed: Option<&DetailedStatus>,
        reason: Option<&str>,
    ) -> Option<Self> {
        let is_configured = status.is_in_progress()
            && detailed == Some(&DetailedStatus::ConfigurationComplete)
            || status.is_complete() && reason.is_some_and(speaks_of_express);
        is_configured.then_some(match status {
            ResourceStatus::DeleteComplete | ResourceStatus::DeleteInProgress => Self::BeingDeleted,
            _ => Self::BecomingReady,
        })
    }

    /// Returns the name used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BecomingReady => "becoming-ready",
            Self::BeingDeleted => "being-deleted",
        }
    }
}

fn speaks_of_express(reason: &str) -> bool {
    reason
        .to_ascii_lowercase()
        .contains("completed using express mode")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_goes_on_in_the_background() {
        const SAID: &str = "Resource operation completed using Express Mode. It may continue becoming available in the background.";
        let configured = DetailedStatus::ConfigurationComplete;
        let becoming = Some(Background::BecomingReady);
        for (status, detailed, reason, expected) in [
            ("CREATE_COMPLETE", None, Some(SAID), becoming),
            (
                "UPDATE_COMPLETE",
                None,
                Some("Operation completed using express mode"),
                becoming,
            ),
            (
                "DELETE_COMPLETE",
                None,
                Some(SAID),
                Some(Background::BeingDeleted),
            ),
            ("CREATE_IN_PROGRESS", Some(&configured), None, becoming),
            ("CREATE_COMPLETE", Some(&configured), None, None),
            ("CREATE_COMPLETE", None, None, None),
            ("CREATE_FAILED", None, Some(SAID), None),
            (
                "CREATE_IN_PROGRESS",
                None,
                Some("Resource creation Initiated"),
                None,
            ),
            (
                "CREATE_IN_PROGRESS",
                Some(&DetailedStatus::ValidationFailed),
                None,
                None,
            ),
        ] {
            let found = Background::of(&status.into(), detailed, reason);
            assert_eq!(found, expected, "{status} {detailed:?} {reason:?}");
        }
    }

    #[test]
    fn express_mode_rolls_nothing_back_unless_told() {
        let config = |mode, disable_rollback| {
            let config = DeploymentConfig::builder().mode(mode);
            Express::of(&config.set_disable_rollback(disable_rollback).build())
        };
        let express = |disable_rollback| Some(Express { disable_rollback });
        assert_eq!(config(DeploymentConfigMode::Express, None), express(true));
        assert_eq!(
            config(DeploymentConfigMode::Express, Some(false)),
            express(false)
        );
        assert_eq!(config(DeploymentConfigMode::Standard, Some(true)), None);
    }
}
