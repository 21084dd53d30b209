//! What kernel and container allow, for `hatchery doctor`.

use hatchery_sys::{Result, probe};
use napi_derive::napi;
use serde_json::{Value, json};

/// Tries what a pool could use: JSON, see `MachineProbe` in src/native/probe.ts.
#[napi]
pub fn probe_machine() -> String {
    let found = probe::probe();
    let (files, processes) = (found.files, found.processes);
    let leaves = match found.leaves {
        Ok((folder, controllers)) => json!({ "ok": true, "folder": folder, "controllers": controllers }),
        Err(refusal) => json!({ "ok": false, "error": refusal.to_string() }),
    };
    json!({
        "memfd": outcome(found.memfd),
        "memfdSealWrites": outcome(found.memfd_seal_writes),
        "pidfd": outcome(found.pidfd),
        "events": outcome(found.events),
        "landlock": outcome(found.landlock_version.map(drop)),
        "landlockVersion": found.landlock_version.unwrap_or(0),
        "landlockFiles": outcome(found.landlock_files),
        "landlockSignals": outcome(found.landlock_signals),
        "seccomp": outcome(found.seccomp),
        "noNewPrivs": found.no_new_privs,
        "collapse": outcome(found.collapse),
        "processors": found.processors,
        "processorLimit": found.processor_limit,
        "defaultParallelism": found.default_parallelism,
        "memory": found.memory.map(|memory| json!({ "total": memory.total, "available": memory.available })),
        "files": { "soft": files.0, "hard": files.1 },
        "processes": { "soft": processes.0, "hard": processes.1 },
        "leaves": leaves,
        "ioLimits": found.io_limits,
    })
    .to_string()
}

fn outcome(result: Result<()>) -> Value {
    match result {
        Ok(()) => json!({ "ok": true }),
        Err(error) => json!({ "ok": false, "error": error.to_string() }),
    }
}
