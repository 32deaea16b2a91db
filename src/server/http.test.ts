import { afterEach, expect, test } from "bun:test";
import { connect } from "node:net";
import { serveHttp } from "./http.ts";
import type { HttpOptions, HttpServing } from "./http.ts";

const open: HttpServing[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function start(options: Partial<HttpOptions> = {}): {
  readonly url: string;
  readonly get: (path: string) => Promise<Response>;
  readonly told: unknown[];
} {
  const told: unknown[] = [];
  const serving = serveHttp({
    address: { hostname: "127.0.0.1", port: 0 },
    metrics: () => Promise.resolve("# metrics\n"),
    openMetrics: (text) => `${text}# EOF\n`,
    askAlive: () => Promise.resolve(),
    isReady: () => true,
    onDead: (why) => told.push(why),
    onBug: (error) => told.push(error),
    ...options,
  });
  open.push(serving);
  return { url: serving.url, get: (path) => fetch(serving.url + path), told };
}

/** Sends bytes that no client would, and returns all that comes back. */
function raw(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(request));
    let answer = "";
    socket.setEncoding("utf8");
    socket.on("data", (part) => (answer += String(part)));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

test("a bug is told, answered without its words, and not kept", async () => {
  const bug = new Error("of a library");
  let calls = 0;
  const { get, told } = start({
    metrics: () => ((calls += 1) === 1 ? Promise.reject(bug) : Promise.resolve("well\n")),
  });
  const failed = await get("metrics");
  expect([failed.status, await failed.text()]).toEqual([500, "internal error: see the log\n"]);
  expect(told).toEqual([bug]);
  expect(await (await get("metrics")).text()).toBe("well\n");
});

test("however many ask at once, the gRPC server is asked once; later once more", async () => {
  let asked = 0;
  const gate = Promise.withResolvers<void>();
  const { get } = start({
    askAlive: () => {
      asked += 1;
      return gate.promise;
    },
  });
  const answers = Array.from({ length: 20 }, () => get("livez"));
  while (asked === 0) await Bun.sleep(5);
  gate.resolve();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
  expect(asked).toBe(1);
  await Bun.sleep(1_100);
  expect((await get("livez")).status).toBe(200);
  expect(asked).toBe(2);
});

test("scrapes that wait are bounded: the others are refused at once", async () => {
  const gate = Promise.withResolvers<string>();
  const { get } = start({ metrics: () => gate.promise });
  const answers = Array.from({ length: 100 }, () => get("metrics"));
  const refused = await Promise.any(
    answers.map(async (answer) =>
      (await answer).status === 503 ? (await answer).text() : Promise.reject(new Error("not refused")),
    ),
  );
  expect(refused).toBe("too many requests at once\n");
  gate.resolve("well\n");
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeWithin(16, 33);
});

test("whoever crowds the port can't have the process killed: probes are answered, and not by 503", async () => {
  const gate = Promise.withResolvers<string>();
  const { get } = start({ metrics: () => gate.promise, askAlive: () => new Promise(() => undefined) });
  const crowd = Array.from({ length: 100 }, () => get("metrics"));
  await Promise.any(crowd);
  const probe = await get("livez");
  expect([probe.status, await probe.text()]).toEqual([200, "ok, busy\n"]);
  expect((await get("readyz")).status).toBe(200);
  gate.resolve("well\n");
  await Promise.all(crowd);
});

test("a dead server is told with its reason, which does not leave by the port", async () => {
  const { get, told } = start({ askAlive: () => Promise.reject(new Error("ECONNREFUSED /secret/path")) });
  const answer = await get("livez");
  expect([answer.status, await answer.text()]).toEqual([503, "the gRPC server does not answer on its socket\n"]);
  expect(told).toEqual(["ECONNREFUSED /secret/path"]);
});

test.each([
  ["GET /livez HTTP/1.0\r\n\r\n", 200],
  ["HEAD /livez HTTP/1.0\r\n\r\n", 200],
  ["GET /readyz?verbose=//x HTTP/1.0\r\n\r\n", 200],
  ["GET /metrics HTTP/1.0\r\n\r\n", 200],
  ["GET /metrics#part HTTP/1.0\r\n\r\n", 200],
  ["GET http://host.invalid:1/readyz HTTP/1.0\r\n\r\n", 200],
  ["GET /readyz HTTP/1.1\r\nHost: not a host\r\nConnection: close\r\n\r\n", 200],
  ["GET /readyz HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 200],
  ["GET / HTTP/1.0\r\n\r\n", 404],
  ["GET //x/livez HTTP/1.0\r\n\r\n", 404],
  ["GET /livez/ HTTP/1.0\r\n\r\n", 404],
  ["GET /x?/livez HTTP/1.0\r\n\r\n", 404],
])("%j, whose Host says nothing or is not there: %d", async (request, status) => {
  const { url } = start();
  const answer = await raw(url, request);
  expect(answer.split("\r\n")[0]).toStartWith(`HTTP/1.1 ${status} `);
});

test("a port has one owner: whoever comes second is refused, on every address of it too", () => {
  const { url } = start();
  const port = Number(new URL(url).port);
  for (const hostname of ["127.0.0.1", ""]) {
    const second = (): unknown => start({ address: { hostname, port } });
    expect(second).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  }
});

test("not ready", async () => {
  const { get } = start({ isReady: () => false });
  expect((await get("readyz")).status).toBe(503);
  expect((await get("livez")).status).toBe(200);
});
