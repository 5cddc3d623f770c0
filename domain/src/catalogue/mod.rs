//! How a catalogue is ordered and carried from one server to another.

pub mod sort_title;

pub use sort_title::sort_title;
