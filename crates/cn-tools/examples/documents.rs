//! Writes manual pages and shell completions of all programs into a folder.
//!
//! `cargo xtask dist` runs this; the paths are those below `share/` of a Unix system.

use std::path::{Path, PathBuf};

use clap_complete::Shell;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name a folder")?;
    let folder = PathBuf::from(folder);
    for program in &cn_tools::PROGRAMS {
        let name = program.name;
        let mut page = Vec::new();
        clap_mangen::Man::new((program.command)()).render(&mut page)?;
        write(&folder, &format!("man/man1/{name}.1"), &page)?;
        for (shell, path) in [
            (Shell::Bash, format!("bash-completion/completions/{name}")),
            (Shell::Zsh, format!("zsh/site-functions/_{name}")),
            (
                Shell::Fish,
                format!("fish/vendor_completions.d/{name}.fish"),
            ),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut (program.command)(), name, &mut script);
            write(&folder, &path, &script)?;
        }
    }
    Ok(())
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<(), std::io::Error> {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
    fs_err::write(path, content)
}
