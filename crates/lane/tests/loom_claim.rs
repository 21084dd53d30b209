//! loom: of the worker that claims a submission and the host that revokes it, exactly one wins.
#![cfg(loom)]

mod common;

use common::{message, model};
use hatchery_lane::kind::submission::RUN;
use hatchery_lane::ring::Ring;
use hatchery_lane::{SlotState, Submission, SubmissionConsumer, SubmissionProducer};
use loom::thread;

#[test]
fn claim_or_revoke() {
    model(|| {
        let ring = Ring::on_heap(2, 0);
        let mut host = SubmissionProducer::new(ring.clone());
        let mut worker = SubmissionConsumer::new(ring);
        let position = host.push_inline(&message(RUN, 7), &[1, 2, 3]).unwrap();
        host.publish();
        let running = thread::spawn(move || {
            let mut submission = Submission::default();
            assert!(worker.read(&mut submission), "published before the thread started");
            assert_eq!(submission.inline(), [1, 2, 3]);
            let claimed = worker.claim(submission.position);
            worker.release();
            claimed
        });
        let revoked = host.revoke(position);
        let claimed = running.join().unwrap();
        assert!(claimed != revoked, "claimed {claimed}, revoked {revoked}");
        let state = host.state(position);
        assert_eq!(state, if claimed { SlotState::Started } else { SlotState::Revoked });
        assert!(!host.revoke(position), "passed by the worker");
    });
}
