//! What several tests need: the pages of `rules/`, the real binary, and Node as the judge of what the pages say.

// Each test file is a program of its own and uses its part only.
#![allow(dead_code)]

pub mod binary;
pub mod layout;
pub mod page;
pub mod parallel;
pub mod prove;
pub mod strip;
