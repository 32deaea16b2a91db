// Where credentials are kept between mounts, or for one mount alone; and which of them a mount has exchanged itself.
import type { Cache, Reported } from "../cache.ts";
import type { Context } from "../context.ts";
import { createCache } from "../cache.ts";
import { ProviderError } from "../errors.ts";
import type { Credentials } from "../aws/credentials.ts";

/** The credentials that one mount takes, out of the cache or by an exchange. */
export interface Taker {
  readonly take: (
    key: string,
    exchange: (context: Context) => Promise<Credentials>,
    context: Context,
  ) => Promise<Credentials>;
  /** Whether this mount exchanged them. */
  readonly isFresh: (credentials: Credentials) => boolean;
  /** Forgets a key; with `refused`, just if it holds those. */
  readonly drop: (key: string, refused: Credentials) => void;
}

/** A node runs at most some hundred pods; entries beyond are dropped, least recently used first. */
const entriesMax = 1024;
const renewBeforeMs = 5 * 60_000;

/**
 * Makes the caches of a process. An identity that has no name (`isNamed` false) is never kept between mounts, but one mount shares its credentials
 * between its objects even then. `maxAgeMs` = longest time they are kept, ms; 0 = for one mount only.
 */
export function createCredentialCache(maxAgeMs: number, reported?: Reported): (isNamed: boolean) => Taker {
  const keepMs = ({ expiresAtMs }: Credentials): number => Math.min(maxAgeMs, expiresAtMs - renewBeforeMs - Date.now());
  const shared = createCache<Credentials>({ entriesMax, keepMs, reported });
  return (isNamed) => {
    const cache: Cache<Credentials> =
      isNamed && maxAgeMs > 0
        ? shared
        : createCache<Credentials>({ entriesMax: 4, keepMs: ({ expiresAtMs }) => expiresAtMs - Date.now() });
    const exchanged = new WeakSet<Credentials>();
    return {
      take: async (key, exchange, context) => {
        let isOwn = false;
        const load = async (own: Context): Promise<Credentials> => {
          isOwn = true;
          const credentials = await exchange(own);
          exchanged.add(credentials);
          return credentials;
        };
        try {
          return await cache.get(key, load, context);
        } catch (error) {
          // Another mount's token may be the one that was refused: it is no part of the key.
          if (isOwn || !(error instanceof ProviderError) || error.reason !== "CredentialsRefused") throw error;
          return cache.get(key, load, context);
        }
      },
      isFresh: (credentials) => exchanged.has(credentials),
      drop: cache.drop,
    };
  };
}
