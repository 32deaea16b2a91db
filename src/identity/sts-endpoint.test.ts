// Which endpoint of STS is asked, and for how many regions that is remembered.
import { expect, test } from "bun:test";
import { contextOfNoMount } from "../context.ts";
import { OutboundError } from "../outbound.ts";
import type { Sender } from "../aws/sender.ts";
import { createAskSts, stsEndpoints } from "./sts-endpoint.ts";

test("regions without a FIPS endpoint are remembered, the last 64 of them", async () => {
  const sender = (): Sender => ({ send: () => Promise.reject(new Error("not asked here")) });
  const [ordinary, fips] = [sender(), sender()];
  const tried: string[] = [];
  const endpoints = stsEndpoints({ fips: "auto", isDualStack: false }, (isFips) => (isFips ? fips : ordinary));
  const ask = createAskSts({ endpoints });
  const context = contextOfNoMount(new AbortController().signal);
  const askIn = (region: string) =>
    ask(
      region,
      async (by) => {
        if (by === ordinary) return "ok";
        tried.push(region);
        throw new OutboundError("sts-fips", "ENOTFOUND", "no such host");
      },
      context,
    );
  for (let i = 0; i < 1_000; i += 1) expect(await askIn(`r${i}`)).toBe("ok");
  tried.length = 0;
  for (const region of ["r999", "r936", "r935", "r0"]) await askIn(region);
  expect(tried).toEqual(["r935", "r0"]);
});
