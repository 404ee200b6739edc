//! Waits until a process answers its health check.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// Pause between two health checks.
const PAUSE: Duration = Duration::from_millis(50);

/// Timeout of one health check.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Sends `GET /healthz` to `listen` until the status is 200. Call it with a timeout, because it retries
/// without limit. `last` receives the reason of the last failure.
pub(crate) async fn until_healthy(listen: &str, last: &mut String) {
    loop {
        match timeout(ANSWER_WITHIN, status(listen)).await {
            Ok(Ok(200)) => return,
            Ok(Ok(status)) => *last = format!("status {status}"),
            Ok(Err(error)) => *last = error.to_string(),
            Err(_) => "no answer".clone_into(last),
        }
        sleep(PAUSE).await;
    }
}

/// Sends one health check over plain HTTP/1.1 and returns the status.
async fn status(listen: &str) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(listen).await?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut status_line = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status_line).await?;
    let digits = status_line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let status = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    status.ok_or_else(|| std::io::Error::other("not HTTP"))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Starts a server that answers successive connections with these status lines. Returns its address.
    async fn answering(statuses: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 512];
                let read = stream.read(&mut request).await.unwrap();
                assert!(request[..read].starts_with(b"GET /healthz HTTP/1.1\r\n"));
                stream.write_all(format!("{status}\r\n\r\n").as_bytes()).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn a_process_is_up_once_it_answers_200() {
        let address = answering(&["HTTP/1.1 503 Service Unavailable", "HTTP/1.1 200 OK"]).await;
        let mut last = String::new();
        timeout(Duration::from_secs(10), until_healthy(&address, &mut last)).await.unwrap();
        assert_eq!(last, "status 503");
    }

    #[tokio::test]
    async fn a_refusing_process_is_not_up() {
        let address = answering(&["HTTP/1.1 421 Misdirected Request"]).await;
        assert_eq!(status(&address).await.unwrap(), 421);
    }

    #[tokio::test]
    async fn a_closed_port_is_not_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        assert!(status(&address).await.is_err());
    }
}
