use std::process::ExitCode;

fn main() -> ExitCode {
    congbo::command::run(std::env::args_os())
}
