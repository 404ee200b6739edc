(file) => {
  const load = async (again) => {
    // A browser remembers a module that failed, by its address.
    const parts = [fetch(`${file}.wasm`), import(`${file}.js${again ? `?${again}` : ""}`)];
    const [wasm, { default: init, hydrate }] = await Promise.all(parts);
    await init({ module_or_path: wasm });
    return hydrate;
  };
  let hasBegun = false;
  const begin = async () => {
    if (hasBegun) return;
    hasBegun = true;
    // The server may be away for a while: without this the page would never hear of its session.
    for (let tries = 0; ; tries += 1) {
      const hydrate = await load(tries).catch(() => null);
      if (hydrate) return hydrate();
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** tries, 60000)));
    }
  };
  // Tabs in the background are not painted.
  const soon = () => setTimeout(begin, 1000);
  const isTold = PerformanceObserver.supportedEntryTypes?.includes("paint");
  if (isTold) new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
  if (document.hidden || !isTold) soon();
  document.addEventListener("visibilitychange", soon, { once: true });
}
