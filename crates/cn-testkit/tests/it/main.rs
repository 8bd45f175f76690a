//! Tests of the test kit, with the AWS CLI and programs that every machine has.

mod codebuild;
mod emulators;
mod environment;
mod router;
mod script;
