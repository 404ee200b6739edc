(file) => {
	let hasBegun = false;
	const begin = async () => {
		if (hasBegun) return;
		hasBegun = true;
		// Both at once.
		const wasm = fetch(`${file}.wasm`);
		const { default: init, hydrate } = await import(`${file}.js`);
		await init({ module_or_path: wasm });
		hydrate();
	};
	new PerformanceObserver(begin).observe({ type: "paint", buffered: true });
	// Tabs in the background are not painted.
	setTimeout(begin, 1000);
}
