// What the bundle leaves out: parts of packages that no mount uses, each replaced by a few lines. What is left out fails loudly if it is ever called.
import { join } from "node:path";
import type { BunPlugin } from "bun";

/** A module, who imports it, and what stands in its place. */
interface Replacement {
  readonly module: RegExp;
  readonly importer: RegExp;
  readonly contents: string;
}

const no = (text: string): string => `function no() { throw new Error(${JSON.stringify(text)}); }`;
const noKubeconfigExtras = "this program reads plain kubeconfigs: server, CA, token or client certificate";

function replacements(root: string): readonly Replacement[] {
  const grpc = (file: string): string => JSON.stringify(join(root, "node_modules/@grpc/grpc-js/build/src", file));
  const generated = (file: string): string =>
    JSON.stringify(join(root, "node_modules/@kubernetes/client-node/dist/gen", file));
  const metrics = (file: string): string => JSON.stringify(join(root, "node_modules/prom-client/lib", file));
  const clientNode = /@kubernetes\/client-node|socks-proxy-agent/;
  return [
    // The SDK's default credential chain: the provider must never find credentials by itself. The sub-command `mount` alone has it, through
    // @aws-sdk/credential-providers; the SDK's clients, which a server runs, get none.
    {
      module: /^@aws-sdk\/credential-provider-node$/,
      importer: /^(?!.*\/@aws-sdk\/credential-providers\/)/,
      contents: `${no("no default credentials in this program")} export const defaultProvider = () => async () => no();`,
    },
    // Names the browser, for a User-Agent that is not made.
    { module: /^bowser$/, importer: /./, contents: `${no("no browser here")} export default { parse: no };` },
    // The server alone: the client with its load balancers is most of the package.
    {
      module: /^@grpc\/grpc-js$/,
      importer: /\/src\//,
      contents: `import { setup } from ${grpc("resolver-uds.js")}; setup();
        export { Server } from ${grpc("server.js")};
        export { ResponderBuilder, ServerInterceptingCall, ServerListenerBuilder } from ${grpc("server-interceptors.js")};
        export { ServerCredentials } from ${grpc("server-credentials.js")};
        export { setLoggerVerbosity as setLogVerbosity } from ${grpc("logging.js")};
        export { LogVerbosity as logVerbosity, Status as status } from ${grpc("constants.js")};`,
    },
    // For channelz and load reports, which are not served.
    {
      module: /^@grpc\/proto-loader$/,
      importer: /./,
      contents: `${no("no .proto is read")} export { no as loadSync };`,
    },
    // Counters alone: the index brings default metrics, push gateway, clusters and summaries along.
    {
      module: /^prom-client$/,
      importer: /\/src\//,
      contents: `export { default as Counter } from ${metrics("counter.js")};
        export { default as Gauge } from ${metrics("gauge.js")};
        export { default as Histogram } from ${metrics("histogram.js")};
        export { default as Registry } from ${metrics("registry.js")};`,
    },
    // The Kubernetes models (333 KB of source), behind the barrel of an API client that is never made.
    {
      module: /^\.\/gen\/index\.js$/,
      importer: /client-node\/dist\/config\.js$/,
      contents: `export { createConfiguration } from ${generated("configuration.js")}; export * from ${generated("servers.js")};`,
    },
    // Of a kubeconfig: OpenID refresh, tokens of other clouds, proxies.
    {
      module: /^openid-client$/,
      importer: clientNode,
      contents: `${no(noKubeconfigExtras)} export { no as refreshTokenGrant, no as discovery }; export const customFetch = Symbol();`,
    },
    {
      module: /^jsonpath-plus$/,
      importer: clientNode,
      contents: `${no(noKubeconfigExtras)} export { no as JSONPath };`,
    },
    { module: /^socks$/, importer: clientNode, contents: "export const SocksClient = undefined;" },
    {
      module: /^socks-proxy-agent$/,
      importer: clientNode,
      contents: `${no(noKubeconfigExtras)} export { no as SocksProxyAgent };`,
    },
    {
      module: /^hpagent$/,
      importer: clientNode,
      contents: `${no(noKubeconfigExtras)} export { no as HttpProxyAgent, no as HttpsProxyAgent };`,
    },
  ];
}

/** The plugin of a build in that folder. */
export function trim(root: string): BunPlugin {
  return {
    name: "trim",
    setup: (build) => {
      const contentsOf = new Map<string, string>();
      build.onLoad({ filter: /./, namespace: "trimmed" }, ({ path }) => ({
        contents: contentsOf.get(path) ?? "",
        loader: "js",
      }));
      for (const { module, importer, contents } of replacements(root)) {
        build.onResolve({ filter: module }, (args) => {
          if (!importer.test(args.importer)) return undefined;
          contentsOf.set(args.path, contents);
          return { path: args.path, namespace: "trimmed" };
        });
      }
    },
  };
}
