//! A process with few file descriptors serves on, however many connections are opened.

use crate::support::{Main, program_at};
use http::StatusCode;
use test_support::{Browser, process::Port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// The hard limit of the process.
const DESCRIPTORS: usize = 200;
/// More connections than that.
const CONNECTIONS: usize = 400;

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let port = Port::reserve();
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    let program = program_at("prlimit", &port, "http://auth.wow.localhost:1", "memory:")
        .args(&[&limit, env!("CARGO_BIN_EXE_main")]);
    let main = Main::start(program, port).await;
    let address = format!("127.0.0.1:{}", main.url.port().unwrap());
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let mut open = Vec::new();
    for number in 0..CONNECTIONS {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; "HTTP/1.1 200".len()];
        let read = timeout(Duration::from_secs(20), connection.read_exact(&mut answer)).await;
        assert!(read.is_ok_and(|read| read.is_ok()), "connection {number} got no answer");
        assert_eq!(&answer, b"HTTP/1.1 200", "connection {number}");
        open.push(connection);
    }
    assert_eq!(Browser::new().get(&main.at("/public")).await.status, StatusCode::OK);
}
