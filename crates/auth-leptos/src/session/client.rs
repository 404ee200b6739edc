//! How server functions are called from a page with a session.

use bytes::Bytes;
use futures::{Sink, Stream};
use leptos::server_fn::{
    client::{Client, browser::BrowserClient},
    error::FromServerFnError,
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};

/// Calls server functions so that they follow the session: `#[server(client = auth_leptos::SessionClient)]`.
///
/// - A 401 makes the page ask for the session, so that the page ends with it. The caller gets
///   [`CallError::SignedOut`](crate::CallError::SignedOut).
/// - A call right after the user's input tells the server that the user is active. A call by a timer, for example of a
///   polling `Resource`, does not, so that it does not keep an idle session alive.
#[derive(Clone, Copy, Debug)]
pub struct SessionClient;

impl<E, I, O> Client<E, I, O> for SessionClient
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    #[cfg(feature = "hydrate")]
    fn send(request: BrowserRequest) -> impl Future<Output = Result<BrowserResponse, E>> + Send {
        use leptos::server_fn::response::ClientRes;

        if super::page::has_user_input() {
            request.headers().set(auth_types::ACTIVITY_HEADER, "1");
        }
        let answer = <BrowserClient as Client<E, I, O>>::send(request);
        async move {
            let answer = answer.await?;
            if ClientRes::<E>::status(&answer) == 401 {
                super::page::refetch();
            }
            Ok(answer)
        }
    }

    #[cfg(not(feature = "hydrate"))]
    fn send(request: BrowserRequest) -> impl Future<Output = Result<BrowserResponse, E>> + Send {
        <BrowserClient as Client<E, I, O>>::send(request)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static, impl Sink<Bytes> + Send + 'static),
            E,
        >,
    > + Send {
        <BrowserClient as Client<E, I, O>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<E, I, O>>::spawn(future);
    }
}
