//! Tests of `cn-deploy` with the emulator, and with scripts where the emulator is too lenient.

mod edges;
mod emulated;
mod foreign;
mod function_log;
mod identities;
mod input;
mod mistakes;
mod options;
mod report;
mod scripted;
mod settings;
mod signals;
mod stack_sets;
mod sweep;
mod terminal;
mod today;
mod trouble;
mod verify;

use cn_testkit::{Output, Run, TestEnv};

/// A template with a parameter, a queue and an output.
const TEMPLATE: &str = "\
Description: 订单队列
Parameters:
  Delay: {Type: Number, Default: 0}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-queue
      DelaySeconds: !Ref Delay
Outputs:
  QueueName:
    Value: !GetAtt Queue.QueueName
  Partition:
    Value: !Ref AWS::Partition
";

/// Runs the program on a template, as the user of the China profile.
fn deploy(env: &TestEnv, arguments: &[&str]) -> Output {
    run(env).args(arguments).output()
}

fn run(env: &TestEnv) -> Run<'_> {
    env.run(env!("CARGO_BIN_EXE_cn-deploy"))
}

/// Returns the output to compare, without the parts that differ between runs.
fn said(output: &Output) -> String {
    steady(output.snapshot())
}

/// Returns a text without the parts that differ between runs.
fn steady(mut text: String) -> String {
    let mark = "cn-deploy-orders-7-";
    let mut from = 0;
    while let Some(at) = text[from..].find(mark) {
        from += at + mark.len();
        text.replace_range(from..from + 8, "[RANDOM]");
    }
    match text.split_once("stackId=") {
        Some((before, after)) => {
            let rest = after.find('\n').map_or("", |end| &after[end..]);
            format!("{before}stackId=[STACK]{rest}")
        }
        None => text,
    }
}

/// Returns an environment with a seeded China side and the template written.
fn seeded(template: &str) -> TestEnv {
    let env = TestEnv::new();
    env.seed();
    env.set("CN_STACK_NAME", &env.name("orders"));
    env.set("CODEBUILD_BUILD_ID", "orders:7");
    env.write("packaged.yaml", template);
    env
}
