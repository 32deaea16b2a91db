import { describe, expect, test } from "bun:test";
import { retry } from "./retry.ts";

const never = new AbortController().signal;

/** Counts its attempts, and returns their number. */
function counted() {
  let made = 0;
  const attempt = async (): Promise<number> => (made += 1);
  return { attempt, made: () => made };
}

describe("retry", () => {
  test("ends with the first result that is not worth another attempt", async () => {
    const { attempt } = counted();
    const options = { attemptsMax: 5, pauseMs: 1, signal: never, isWorthRetry: (n: number) => n < 3 };
    expect(await retry(attempt, options)).toBe(3);
  });

  test("returns the last result when the attempts are used up", async () => {
    const { attempt } = counted();
    expect(await retry(attempt, { attemptsMax: 3, pauseMs: 1, signal: never, isWorthRetry: () => true })).toBe(3);
  });

  test("rejects as the attempt does, without another", async () => {
    let made = 0;
    const attempt = async (): Promise<never> => {
      made += 1;
      throw new Error("no");
    };
    const ended: unknown = await retry(attempt, {
      attemptsMax: 3,
      pauseMs: 1,
      signal: never,
      isWorthRetry: () => true,
    }).catch((error: unknown) => error);
    expect(ended).toEqual(new Error("no"));
    expect(made).toBe(1);
  });

  test("an abort ends the pause with its reason", async () => {
    const { attempt, made } = counted();
    const abort = new AbortController();
    const options = { attemptsMax: 3, pauseMs: 1e6, signal: abort.signal, isWorthRetry: () => true };
    const running = retry(attempt, options).catch((error: unknown) => error);
    abort.abort("over");
    expect(await running).toBe("over");
    expect(made()).toBe(1);
  });
});
