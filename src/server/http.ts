// /livez, /readyz and /metrics on a TCP port: it has no authentication, so it exposes only counts, takes no input, and works at most once a second.
import { createCache } from "../cache.ts";
import { linkAbort } from "../abort.ts";
import { contextOfNoMount } from "../context.ts";
import type { Context } from "../context.ts";

export interface HttpOptions {
  /** hostname "" = every address. */
  readonly address: { readonly hostname: string; readonly port: number };
  /** The metrics as Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** The same as OpenMetrics. */
  readonly openMetrics: (text: string) => string;
  /** Rejects when the gRPC server does not answer. */
  readonly askAlive: () => Promise<void>;
  readonly isReady: () => boolean;
  /** Called with the reason why the process counts as dead. */
  readonly onDead: (why: string) => void;
  readonly onBug: (error: unknown) => void;
}

export interface HttpServing {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Seconds; the runtime looks every four. A connection that sends no whole request is closed too. */
const idleTimeout = 10;
const requestsMax = 32;
const keepMs = 1_000;
/** kubelet's liveness probe gives up after twenty seconds (charts/). */
const answerMs = 18_000;
const plainText = "text/plain; charset=utf-8";
const prometheusText = "text/plain; version=0.0.4; charset=utf-8";
const openMetricsText = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Opens the port. @throws Error of the system when it can't be had */
export function serveHttp(options: HttpOptions): HttpServing {
  const metrics = createCache<{ readonly text: string }>({ entriesMax: 1, keepMs: () => keepMs });
  const life = createCache<{ readonly dead: string }>({ entriesMax: 1, keepMs: () => keepMs });

  /** One look at a time for all who ask. */
  async function within<T>(work: (context: Context) => Promise<T>): Promise<T> {
    const limit = linkAbort(undefined, answerMs, () => new Error("no answer in time"));
    try {
      return await work(contextOfNoMount(limit.signal));
    } finally {
      limit.release();
    }
  }

  const whyDead = (): Promise<{ readonly dead: string }> =>
    options.askAlive().then(
      () => ({ dead: "" }),
      (error: unknown) => {
        const dead = error instanceof Error ? error.message : "unknown";
        options.onDead(dead);
        return { dead };
      },
    );

  async function answer(request: Request, isCrowded: boolean): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD")
      return say(405, "only GET and HEAD\n", { allow: "GET, HEAD" });
    switch (pathOf(request)) {
      case "/livez": {
        // Whoever crowds the port must not have the process killed: in a crowd it is enough that the event loop answers.
        if (isCrowded) return say(200, "ok, busy\n");
        const { dead } = await within((context) => life.get("", whyDead, context));
        return dead === "" ? say(200, "ok\n") : say(503, "the gRPC server does not answer on its socket\n");
      }
      case "/readyz":
        return options.isReady() ? say(200, "ok\n") : say(503, "not serving, or draining\n");
      case "/metrics": {
        if (isCrowded) return say(503, "too many requests at once\n");
        const { text } = await within((context) =>
          metrics.get("", async () => ({ text: await options.metrics() }), context),
        );
        return wantsOpenMetrics(request.headers.get("accept") ?? "")
          ? say(200, options.openMetrics(text), { "content-type": openMetricsText })
          : say(200, text, { "content-type": prometheusText });
      }
      default:
        return say(404, "/livez, /readyz, /metrics\n");
    }
  }

  const open = (hostname: string): Bun.Server<undefined> =>
    Bun.serve({
      hostname,
      port: options.address.port,
      reusePort: false, // default true when `development` is false: a second process would get the port too
      idleTimeout,
      maxRequestBodySize: 0,
      development: false,
      fetch: (request, server) => answer(request, server.pendingRequests > requestsMax),
      error: (error) => {
        options.onBug(error);
        return say(500, "internal error: see the log\n");
      },
    });
  const server = openAny(open, options.address.hostname);
  return { url: server.url.href, close: () => server.stop(true) };
}

/** The path without its query. Without a valid Host (optional in HTTP/1.0) the runtime's URL is the path alone. */
function pathOf({ url }: Request): string | undefined {
  return /^(?:http:\/\/[^/?#]*)?([^?#]*)/.exec(url)?.[1];
}

/** Every address: both families, or IPv4 alone where the kernel has no IPv6. */
function openAny<T>(open: (hostname: string) => T, hostname: string): T {
  if (hostname !== "") return open(hostname);
  try {
    return open("::");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") throw error;
    return open("0.0.0.0");
  }
}

/** OpenMetrics for whom it is named at least as welcome as plain text (RFC 9110, 12.5.1); a scraper that names neither gets plain text. */
function wantsOpenMetrics(accept: string): boolean {
  const weightOf = (type: string): number => {
    const part = accept
      .toLowerCase()
      .split(",")
      .find((one) => one.trim().startsWith(type));
    return part === undefined ? 0 : Number(/;\s*q=([\d.]{1,5})/.exec(part)?.[1] ?? 1);
  };
  const open = weightOf("application/openmetrics-text");
  return open > 0 && open >= weightOf("text/plain");
}

function say(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, {
    status,
    headers: { "content-type": plainText, "cache-control": "no-store", ...headers },
  });
}
