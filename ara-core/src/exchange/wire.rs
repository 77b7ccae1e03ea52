//! Changes and version vectors as bytes: [records](record) whose payload is a Protocol Buffers
//! [message](message). `guide/wire_format.md` describes them.

mod batch;
mod fields;
mod message;
mod record;
mod stream;
mod vector;
