import { expect, test } from "bun:test";
import { refuseUnsafe } from "./refuse.ts";
import { StartError } from "./start-error.ts";

test.each([
  ["NODE_TLS_REJECT_UNAUTHORIZED", "0"],
  ["BUN_CONFIG_VERBOSE_FETCH", "curl"],
  ["BUN_CONFIG_VERBOSE_FETCH", "1"],
  ["NODE_OPTIONS", "--require=/x.js"],
  ["BUN_OPTIONS", "--preload=/x.js"],
  ["BUN_INSPECT", "ws://127.0.0.1:1"],
  ["BUN_INSPECT_PRELOAD", "/x.js"],
  ["BUN_INSPECT_CONNECT_TO", "unix:///x"],
  ["BUN_INSPECT_NOTIFY", "unix:///x"],
  ["BUN_BE_BUN", "1"],
])("refuses to start with %s=%s, naming the variable, not its value", (name, value) => {
  const expected = expect.stringMatching(new RegExp(`^refusing to start: the environment variable ${name} .+\\.$`));
  try {
    refuseUnsafe({ PATH: "/bin", [name]: value });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ exitCode: 255, text: expected });
    if (value.length > 5) expect(String(error)).not.toContain(value);
  }
});

test("starts with what is legitimate, and with variables that are set to nothing", () => {
  refuseUnsafe({
    NODE_TLS_REJECT_UNAUTHORIZED: "1",
    NODE_OPTIONS: "",
    BUN_OPTIONS: "",
    BUN_INSPECT: "",
    BUN_INSPECT_NOTIFY: undefined,
    BUN_CONFIG_VERBOSE_FETCH: "false",
    BUN_JSC_useJIT: "0",
    NODE_USE_SYSTEM_CA: "1",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    SSL_CERT_FILE: "/ca.pem",
    SSL_CERT_DIR: "/etc/ssl/certs",
    BUN_GC_TIMER_DISABLE: "1",
    GRPC_TRACE: "all",
    NODE_DEBUG: "http",
    HOME: "/",
  });
});
