//! The smallest program on the shared command-line layer; its tests run it.

use std::process::ExitCode;

use cn_cli::{Failure, FailureKind, Ui};
use cn_core::template::{Code, Diagnostic, Source, Span};

/// Greet somebody
#[derive(clap::Parser, Debug)]
#[command(name = "cn-greet", version)]
struct Args {
    /// Whom to greet
    #[arg(long, default_value = "world")]
    name: String,

    /// Message of a failure
    #[arg(long)]
    trouble: Option<String>,
}

fn main() -> ExitCode {
    cn_cli::main(async |args: Args, ui: &Ui| {
        ui.status("greeting");
        ui.detail("in detail");
        match args.trouble.as_deref() {
            None => {}
            Some("panic") => panic!("greeted a secret agent"),
            Some("finding") => return ui.findings(&findings()),
            Some("wait") => {
                ui.on_interrupt("the stack `orders` goes on; come back with `cn-deploy --attach`");
                ui.note("waiting");
                std::future::pending::<()>().await;
            }
            Some("pipe") => {
                ui.on_interrupt("the stack `orders` goes on; come back with `cn-deploy --attach`");
                ui.note("waiting");
                drop(cn_core::file::read_text(
                    "fifo".into(),
                    cn_core::file::Accepts::Pipes,
                ));
            }
            Some("compute") => {
                ui.on_interrupt("the stack `orders` goes on; come back with `cn-deploy --attach`");
                ui.note("waiting");
                loop {
                    std::hint::spin_loop();
                }
            }
            Some("ask") => drop(ui.ask_secret("waiting for a secret: ")),
            Some("clean") => {
                ui.at_interrupt(std::future::pending());
                ui.on_interrupt("the stack `orders` goes on; come back with `cn-deploy --attach`");
                ui.note("waiting");
                std::future::pending::<()>().await;
            }
            Some(other) => {
                let failure =
                    Failure::new(FailureKind::Stuck, format!("no such trouble: `{other}`"));
                return Err(failure.hint("ask for another"));
            }
        }
        ui.warn("greetings are final");
        for _ in 0..2000 {
            ui.result(format!("hello {}", args.name), "greeting", ())?;
        }
        Ok(())
    })
}

fn findings() -> Vec<Diagnostic> {
    let code = Code {
        id: "CN999",
        title: "greeting",
    };
    let source = Source::new("t.yaml", "a: 你好\nb: 2\n");
    vec![
        Diagnostic::note(code, "a note"),
        Diagnostic::warning(code, "a warning").at(&source, Span::new(3, 9), "here"),
        Diagnostic::error(code, "an error").help("greet less"),
    ]
}
