//! Work that would hold up a thread that answers requests is done on one that may be held up.

use crate::protocol::Problem;

/// Work on fewer bytes than this is done on the spot, which takes less time than handing it over.
const HEAVY_FROM: usize = 64 * 1024;

/// Does work on so many bytes.
///
/// # Errors
/// [`Problem`] when the work panicked.
pub(crate) async fn apart<T: Send + 'static>(
    n_bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    if n_bytes < HEAVY_FROM {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_panic| Problem::new(500, "a fault in the server; please report it with the request's id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_work_leaves_the_thread_that_answers_and_light_work_stays() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let here = std::thread::current().id();
        let on = |n_bytes| runtime.block_on(apart(n_bytes, || std::thread::current().id())).unwrap();
        assert_eq!(on(HEAVY_FROM - 1), here);
        assert_ne!(on(HEAVY_FROM), here);
        assert_eq!(
            runtime.block_on(apart(HEAVY_FROM, || panic!("a test's own"))).map(|()| 0).unwrap_err().status,
            500
        );
    }
}
