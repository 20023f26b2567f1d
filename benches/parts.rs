//! How long each part of a message's way takes, beside what it is to be measured beside.
//!
//! `cargo bench --bench parts`, or only some: `cargo bench --bench parts -- pacing`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "parts/mod.rs"]
mod parts;

criterion_main!(benches);
criterion_group!(benches, rooms);

fn rooms(criterion: &mut Criterion) {
    for room in parts::ROOMS {
        let mut group = criterion.benchmark_group(room.name);
        for part in room.parts.iter().chain(room.beside) {
            group.throughput(Throughput::Elements(part.times.into()));
            let mut run = (part.prepare)();
            group.bench_function(part.name, |bencher| bencher.iter(&mut run));
        }
        group.finish();
    }
}
