// Health and metrics of a serving process: the port, the counters and the gRPC server put together. Loaded only with --http-addr.
// Nothing that goes wrong here stops mounts: it is logged, and the probes of the pod see it.
import type { HttpAddress } from "../config/http-addr.ts";
import type { Log } from "../telemetry/log.ts";
import { createMetrics, openMetrics } from "../telemetry/metrics.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { askVersion } from "./alive.ts";
import { serveHttp } from "./http.ts";
import type { HttpServing } from "./http.ts";
import type { Serving } from "./serve.ts";
import { product } from "../version.ts";

export interface MonitorOptions {
  readonly address: HttpAddress;
  readonly metrics: Metrics;
  readonly serving: Serving;
  readonly log: Log;
  readonly onBug: (error: unknown) => void;
}

/** kubelet waits for 20 (charts/). Measured, 500 mounts at once within 50m CPU: a call took up to 11 s, so close to no answer. */
const versionMs = 15_000;
/** A mount that was answered shows more than a Version call would, and costs a busy process nothing. */
const answeredMs = 5_000;

/** The counters of this process. */
export function startMetrics(): Metrics {
  return createMetrics({ version: product.version, commit: product.commit, bun: Bun.version });
}

/** Opens the port; undefined when it can't be had, which is logged. */
export function startHttp({ address, metrics, serving, log, onBug }: MonitorOptions): HttpServing | undefined {
  try {
    const http = serveHttp({
      address,
      metrics: metrics.text,
      openMetrics,
      // kubelet restarts a container that fails here. Not while it drains, nor while another provider serves at the path, which a restart would take
      // over. A socket that can't be bound again needs one: the new container has the node's directory mounted anew.
      askAlive: async () => {
        const isServing = performance.now() - serving.answeredAtMs() < answeredMs;
        if (serving.mustAnswer() && !isServing) await askVersion(serving.address, versionMs);
      },
      isReady: serving.isReady,
      onDead: (why) => log.error(`/livez: the gRPC server does not answer on ${serving.address}: ${why}`),
      onBug,
    });
    log.info(`Serving /livez, /readyz and /metrics on ${http.url}`);
    return http;
  } catch (error) {
    const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
    const why = error instanceof Error ? error.message : "unknown";
    log.error(
      `Can not listen on --http-addr ${host}:${address.port}. error: ${why}. Mounts are served, health and metrics are not`,
    );
    return undefined;
  }
}
