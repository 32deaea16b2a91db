import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readProxy } from "./proxy.ts";

const golden = JSON.parse(readFileSync(join(import.meta.dir, "../../test/parity/go-httpproxy.json"), "utf8")) as {
  readonly urls: readonly string[];
  readonly cases: readonly (readonly [noProxy: string, direct: readonly string[]])[];
};

const silent = (text: string): never => {
  throw new Error(`unexpected warning: ${text}`);
};

describe("NO_PROXY excepts what it excepts in Go", () => {
  test.each(golden.cases)("%j", (noProxy, direct) => {
    const proxyFor = readProxy({ HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://q:2", NO_PROXY: noProxy }, silent);
    expect(golden.urls.filter((url) => proxyFor(new URL(url)) === undefined)).toEqual([...direct]);
  });
});

test.each([
  ["http://169.254.170.23/v1/credentials"],
  ["http://[fd00:ec2::23]/v1/credentials"],
  ["http://[fe80::1]/"],
  ["http://localhost:8080/"],
  ["https://127.0.0.1/"],
  ["https://[::1]/"],
])("parity 12.1 row 20: %s never goes through a proxy", (url) => {
  expect(readProxy({ HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://p:1" }, silent)(new URL(url))).toBeUndefined();
});

test.each([
  [{ HTTPS_PROXY: "proxy:3128" }, "http://proxy:3128"],
  [{ HTTPS_PROXY: "10.0.0.1:3128" }, "http://10.0.0.1:3128"],
  [{ HTTPS_PROXY: "[2001:db8::1]:3128" }, "http://[2001:db8::1]:3128"],
  [{ HTTPS_PROXY: "proxy" }, "http://proxy"],
  [{ HTTPS_PROXY: "user:pass@proxy:1" }, "http://user:pass@proxy:1"],
  [{ HTTPS_PROXY: "https://u:p@proxy:1/" }, "https://u:p@proxy:1"],
  [{ https_proxy: "http://lower:1" }, "http://lower:1"],
  [{ HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:1" }, "http://upper:1"],
  [{ HTTPS_PROXY: "", https_proxy: "http://lower:1" }, "http://lower:1"],
  [{ HTTP_PROXY: "http://p:1" }, undefined],
  [{ ALL_PROXY: "http://p:1" }, undefined],
  [{}, undefined],
  [{ HTTPS_PROXY: "http://p:1", no_proxy: "example.com" }, undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "other.example", no_proxy: "example.com" }, "http://p:1"],
])("%j sends https://example.com/ through %s", (env, proxy) => {
  expect(readProxy(env, silent)(new URL("https://example.com/"))).toBe(proxy);
});

test("HTTP_PROXY is for http alone, other schemes have no proxy", () => {
  const proxyFor = readProxy({ HTTP_PROXY: "http://p:1", HTTPS_PROXY: "http://q:1" }, silent);
  expect(proxyFor(new URL("http://example.com/"))).toBe("http://p:1");
  expect(proxyFor(new URL("https://example.com/"))).toBe("http://q:1");
  expect(proxyFor(new URL("ftp://example.com/"))).toBeUndefined();
});

test.each([
  ["socks5://user:hunter2@proxy:1080", "HTTPS_PROXY is not an http or https proxy: requests through it will fail"],
  ["http://hunter2:%zz@[", "HTTPS_PROXY is not the URL of a proxy: requests go directly"],
])("a proxy that can't be used is told without its value", (proxy, text) => {
  const warnings: string[] = [];
  readProxy({ HTTPS_PROXY: proxy }, (warning) => warnings.push(warning));
  expect(warnings).toEqual([text]);
});
