// What is made at its first use and then kept: modules that a process may never need.

/** Makes the getter. A load that fails is tried again at the next use. */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    if (kept === undefined) {
      const loading = load();
      kept = loading;
      loading.catch(() => (kept = undefined));
    }
    return kept;
  };
}
