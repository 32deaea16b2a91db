// How requests come in: so many messages are received at once, the streams of the others are paused. Without it, sixty requests of 1 MB that the driver
// sends at once are all in memory, half received, before the first of them can be refused (HTTP/2 shares a connection between its streams).
import { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder } from "@grpc/grpc-js";
import type { ServerInterceptor } from "@grpc/grpc-js";

/** Makes the interceptor of a server. `messagesAtOnce` of up to 4 MiB each are being received at a time. */
export function createIntake(messagesAtOnce: number): ServerInterceptor {
  const waiting = new Set<() => void>();
  let receiving = 0;
  let isNewestNext = true;

  /** The newest and the oldest in turns: whose a request is shows only in it, and one that comes after a flood must not wait for all of that. */
  function next(): void {
    if (receiving >= messagesAtOnce) return;
    const chosen = isNewestNext ? [...waiting].at(-1) : waiting.values().next().value;
    if (chosen === undefined) return;
    isNewestNext = !isNewestNext;
    waiting.delete(chosen);
    chosen();
  }

  return (_method, call) => {
    let state: "waits" | "receives" | "over" = "waits";
    const start = (): void => {
      state = "receives";
      receiving += 1;
      call.startRead();
    };
    const end = (): void => {
      waiting.delete(start);
      if (state === "receives") {
        receiving -= 1;
        setImmediate(next);
      }
      state = "over";
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, pass) => {
        end();
        pass(message);
      })
      .withOnReceiveHalfClose((pass) => {
        end();
        pass();
      })
      .withOnCancel(() => end())
      .build();
    const responder = new ResponderBuilder().withStart((pass) => pass(listener)).build();
    const intercepted = new ServerInterceptingCall(call, responder);
    // Asked for twice: the message, then the end of the stream.
    intercepted.startRead = () => {
      if (state !== "waits") call.startRead();
      else if (receiving < messagesAtOnce) start();
      else waiting.add(start);
    };
    return intercepted;
  };
}
