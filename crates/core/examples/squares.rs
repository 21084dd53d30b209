//! Squares of numbers, worked out in forked processes; one of them dies on the way, and only its task is lost.
//!
//! `cargo run --release -p hatchery-core --example squares`

use hatchery_core::pool::{Pool, TaskOptions};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Before any thread is started: the workers are forks of this process.
    let pool = Pool::builder()
        .workers(2..=2)
        .task("square", |_, bytes| {
            let number = u32::from_le_bytes(bytes.try_into().map_err(|_| "a number has four bytes")?);
            if number == 7 {
                std::process::exit(1);
            }
            Ok(number.pow(2).to_le_bytes().to_vec())
        })
        .build()?;
    let options = || TaskOptions { timeout: Some(Duration::from_secs(1)), ..TaskOptions::default() };
    let tasks: Vec<_> = (1..=10_u32)
        .map(|number| pool.submit_with("square", &number.to_le_bytes(), options()))
        .collect::<Result<_, _>>()?;
    for (number, task) in (1..).zip(tasks) {
        match task.wait() {
            Ok(bytes) => println!("{number} squared is {}", u32::from_le_bytes(bytes.as_slice().try_into()?)),
            Err(rejection) => println!("{number}: {rejection}"),
        }
    }
    pool.close();
    Ok(())
}
