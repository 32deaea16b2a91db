// What is made at its first use and then kept: modules that a process may never need.
// Of a module take what is needed, by name: a namespace that gets out brings every export along, and makes a getter of each at the start.

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
