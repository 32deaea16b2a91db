// The Pod Identity agent, asked as its HTTP interface is: a GET with the raw token.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { failureOf, readAnswer } from "./raw-call.ts";
import type { RawAnswer } from "./raw-call.ts";
import { mintToken, podIdentityAudience as audience } from "./tokens.ts";
import type { TokenOptions } from "./tokens.ts";
import { startWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function ask(authorization: string | undefined, path = "/v1/credentials", method = "GET"): Promise<RawAnswer> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  return readAnswer(await fetch(world.podIdentity.ipv4.url + path, { method, headers }));
}

const token = (changes: TokenOptions = {}): string => mintToken({ audience, ...changes });

test("hands out a session of the associated role", async () => {
  const { status, headers, json } = await ask(token());
  const session = world.cloud.session(String(json["AccessKeyId"]));
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("application/json");
  expect(json).toEqual({
    AccessKeyId: session?.accessKeyId,
    SecretAccessKey: session?.secretAccessKey,
    Token: session?.sessionToken,
    AccountId: world.cloud.accountId,
    Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect(world.calls("pod-identity").at(-1)).toMatchObject({
    operation: "GetCredentials",
    ids: ["default/app"],
    role: "app",
    listener: "127.0.0.1",
  });
});

test("listens on both families, and each can go away and come back on its port", async () => {
  const { ipv4, ipv6 } = world.podIdentity;
  const both = (): Promise<(number | string)[]> =>
    Promise.all(
      [ipv4, ipv6].map(async ({ url }) => {
        const answer = fetch(`${url}/v1/credentials`, { headers: { authorization: token() } });
        return answer.then(({ status }) => status).catch((error: unknown) => (error as { code: string }).code);
      }),
    );
  expect(ipv6.url).toStartWith("http://[::1]:");
  expect(await both()).toEqual([200, 200]);
  expect(world.calls("pod-identity").map(({ listener }) => listener)).toContain("::1");
  await ipv4.down();
  expect(await both()).toEqual(["ECONNREFUSED", 200]);
  await ipv4.up();
  await ipv6.down();
  expect(await both()).toEqual([200, "ECONNREFUSED"]);
  await ipv6.up();
  expect(await both()).toEqual([200, 200]);
});

const refusals: readonly [what: string, authorization: () => string | undefined, status: number, code: string][] = [
  ["no token", () => undefined, 400, "InvalidRequestException"],
  ["a token that is none", () => "opaque", 400, "InvalidTokenException"],
  ["a bearer prefix", () => `Bearer ${token()}`, 400, "InvalidTokenException"],
  ["the audience of STS", () => mintToken(), 400, "InvalidTokenException"],
  ["a token of another key", () => token({ forged: true }), 400, "InvalidTokenException"],
  ["a token of another issuer", () => token({ issuer: "https://a.example" }), 400, "InvalidTokenException"],
  ["a token that has run out", () => token({ ttlSeconds: -1 }), 400, "ExpiredTokenException"],
  [
    "a service account without an association",
    () => token({ serviceAccount: "other" }),
    404,
    "ResourceNotFoundException",
  ],
  ["a role that does not trust the agent", () => token({ serviceAccount: "untrusted" }), 400, "AccessDeniedException"],
];
test.each(refusals)("refuses %s", async (_what, authorization, status, code) => {
  world.podIdentity.associate("default/untrusted", "app");
  const answer = await ask(authorization());
  expect(answer).toMatchObject({ status, json: { code, message: expect.any(String) } });
  expect(answer.headers.get("content-type")).toBe("application/json");
});

test("associations can be made and taken back", async () => {
  world.cloud.trust("other-role", "team/batch");
  world.podIdentity.associate("team/batch", "other-role");
  const batch = (): string => token({ namespace: "team", serviceAccount: "batch" });
  expect((await ask(batch())).status).toBe(200);
  expect(world.calls("pod-identity").at(-1)?.role).toBe("other-role");
  world.podIdentity.dissociate("team/batch");
  expect((await ask(batch())).status).toBe(404);
});

test("knows one path and one method", async () => {
  for (const [path, method] of [
    ["/v1/credentials/", "GET"],
    ["/v1/credentials?x=1", "GET"],
    ["/", "GET"],
    ["/v1/credentials", "POST"],
  ] as const) {
    const answer = await ask(token(), path, method);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toStartWith("text/plain");
  }
});

test("a world can be without IPv6", async () => {
  await using v4only = await startWorld({ ipv6: false });
  expect(await failureOf(fetch(v4only.podIdentity.ipv6.url))).toMatchObject({ code: "ECONNREFUSED" });
});
