(file) => {
  const load = async (again) => {
    // Browsers cache a failed module by its URL, so each retry needs a new URL.
    const parts = [fetch(`${file}.wasm`), import(`${file}.js${again ? `?${again}` : ""}`)];
    const [wasm, { default: init, hydrate }] = await Promise.all(parts);
    await init({ module_or_path: wasm });
    return hydrate;
  };
  let hasBegun = false;
  const begin = async () => {
    if (hasBegun) return;
    hasBegun = true;
    // Retry with backoff: without this code, the page would not learn that its session ended.
    for (let tries = 0; ; tries += 1) {
      const hydrate = await load(tries).catch(() => null);
      if (hydrate) return hydrate();
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** tries, 60000)));
    }
  };
  // Browsers do not paint background tabs.
  const soon = () => setTimeout(begin, 1000);
  const isTold = PerformanceObserver.supportedEntryTypes?.includes("paint");
  if (isTold) new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  if (document.hidden || !isTold) soon();
  document.addEventListener("visibilitychange", soon, { once: true });
}
