//! Lives of messages, beat by beat, in a small world where time is moved by hand.

mod admission;
mod alphabets;
mod backlog;
mod circuit;
mod copies;
mod day;
mod dialogue;
mod duplicates;
mod held;
mod laws;
mod left_out;
mod pace;
mod pushes;
mod queries;
mod random;
mod receipts;
mod results;
mod routing;
mod sharing;
mod threads;
mod undelivered;
mod unmarked;
mod unnamed;
mod ussd;
mod waiting;
mod world;
