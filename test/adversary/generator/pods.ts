// The pods of the generator. They are there before the first case, and their tokens are made once.

/** Pods of the generator: half in one namespace, half each in one of its own. */
export const podsPerHalf = 48;
export const podCount = 2 * podsPerHalf;

export interface PodName {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: string;
}

export function podOf(number: number): PodName {
  const namespace = number < podsPerHalf ? "evil-crowd" : `evil-${number}`;
  return { namespace, serviceAccount: `sa-${number}`, pod: `pod-${number}` };
}

export const allPods: readonly PodName[] = Array.from({ length: podCount }, (_, at) => podOf(at));
