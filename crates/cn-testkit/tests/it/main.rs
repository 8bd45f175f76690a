//! The test kit, tried on the AWS CLI and on programs every machine has.

mod codebuild;
mod emulators;
mod environment;
mod router;
mod script;
