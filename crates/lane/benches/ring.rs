//! What a message costs: through a ring in one process, through a lane between two processes, and the wake-up
//! of a sleeping process, which is what the rings exist to avoid.

#[path = "support/peer.rs"]
mod peer;

use criterion::{BatchSize, Criterion, Throughput};
use hatchery_lane::kind::submission;
use hatchery_lane::ring::Ring;
use hatchery_lane::{Location, Message, Submission, SubmissionConsumer, SubmissionProducer};
use peer::{EventPeer, LanePeer, Role};
use std::hint::black_box;
use std::time::{Duration, Instant};

const SLOTS: u32 = 1024;
const PAYLOAD: [u8; 20] = [7; 20];

fn message(index: u32) -> Message {
    Message {
        kind: submission::RUN,
        task_index: index,
        task_generation: 1,
        function: 0,
        flags: 1,
        stamp: 0,
        location: Location::Inline { length: 0 },
    }
}

/// Sends and receives `batch` messages, published and released once.
fn transfer(producer: &mut SubmissionProducer, consumer: &mut SubmissionConsumer, batch: u32) -> u32 {
    for index in 0..batch {
        producer.push_inline(&message(index), &PAYLOAD).expect("the ring has room for a batch");
    }
    producer.publish();
    let (mut next, mut sum) = (Submission::default(), 0);
    while consumer.read(&mut next) {
        sum += next.message.task_index + u32::from(next.inline()[0]);
    }
    consumer.release();
    sum
}

fn one_process(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ring/one process");
    for batch in [1, 32, 256] {
        let ring = Ring::on_heap(SLOTS, 0);
        let mut producer = SubmissionProducer::new(ring.clone());
        let mut consumer = SubmissionConsumer::new(ring);
        // First that it works, then how fast.
        let expected = (0..batch).sum::<u32>() + batch * u32::from(PAYLOAD[0]);
        assert_eq!(transfer(&mut producer, &mut consumer, batch), expected);
        group.throughput(Throughput::Elements(u64::from(batch)));
        group.bench_function(format!("batches of {batch}"), |bencher| {
            bencher.iter(|| black_box(transfer(&mut producer, &mut consumer, batch)));
        });
    }
    group.throughput(Throughput::Elements(2));
    group.bench_function("claim and revoke", |bencher| {
        let ring = Ring::on_heap(SLOTS, 0);
        let mut producer = SubmissionProducer::new(ring.clone());
        let mut consumer = SubmissionConsumer::new(ring);
        claim_and_revoke(&mut producer, &mut consumer);
        bencher.iter_batched(
            || (),
            |()| claim_and_revoke(&mut producer, &mut consumer),
            BatchSize::NumIterations(1000),
        );
    });
    group.finish();
}

/// One task that is claimed, one that is taken back.
fn claim_and_revoke(producer: &mut SubmissionProducer, consumer: &mut SubmissionConsumer) {
    let kept = producer.push_inline(&message(0), &PAYLOAD).expect("room");
    let revoked = producer.push_inline(&message(1), &PAYLOAD).expect("room");
    producer.publish();
    assert!(producer.revoke(revoked));
    let mut next = Submission::default();
    assert!(consumer.read(&mut next) && consumer.claim(kept));
    assert!(consumer.read(&mut next) && !consumer.claim(revoked));
    consumer.release();
}

/// One way, the time is that of one message while both processes are at work at once. There and back it is that of a
/// batch, which is twice as many messages and the way between the processes twice: the throughput counts all messages.
fn two_processes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lane/two processes");
    for (role, name) in [(Role::Take, "a submission"), (Role::Give, "a completion")] {
        for batch in [1, 32, 256] {
            let mut peer = LanePeer::start(role, batch);
            group.throughput(Throughput::Elements(1));
            group.bench_function(format!("{name} in batches of {batch}"), |bencher| {
                bencher.iter_custom(|messages| {
                    let batches = messages.div_ceil(u64::from(batch));
                    let start = Instant::now();
                    if role == Role::Take {
                        peer.send(batches)
                    } else {
                        peer.receive(batches)
                    }
                    start.elapsed().mul_f64(messages as f64 / (batches * u64::from(batch)) as f64)
                });
            });
            peer.stop();
        }
    }
    for batch in [1, 32, 256] {
        let mut peer = LanePeer::start(Role::Echo, batch);
        group.throughput(Throughput::Elements(2 * u64::from(batch)));
        group.bench_function(format!("there and back, batches of {batch}"), |bencher| {
            bencher.iter(|| peer.round());
        });
        peer.stop();
    }
    group.finish();
}

fn wake_up(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("eventfd");
    let peer = EventPeer::start();
    peer.round();
    group.bench_function("two wake-ups, there and back", |bencher| bencher.iter(|| peer.round()));
    peer.stop();
    group.bench_function("write and read, nobody sleeps", |bencher| {
        let event = hatchery_sys::EventFd::new().expect("eventfd");
        bencher.iter(|| {
            event.notify().expect("eventfd");
            black_box(event.drain().expect("eventfd"))
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    one_process(&mut criterion);
    two_processes(&mut criterion);
    wake_up(&mut criterion);
    criterion.final_summary();
}
