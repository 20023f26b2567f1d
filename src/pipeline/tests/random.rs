//! Days of traffic with everything that goes wrong, by chance and seed.
