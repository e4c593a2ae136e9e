// Packages each function by itself: its TypeScript source and all that it imports become one
// minified ES module, alone in a zip. Runs for `package` and `deploy` only; `serverless offline`
// runs the sources as they are. The same sources make the same bytes, so that a deployment of what
// is deployed already changes nothing.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

// Some packages in a bundle are CommonJS and ask for Node's own modules by `require`.
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

// Where credentials come from outside of Lambda, which puts them into the environment. The SDK imports
// these only when there are none; they would be a fifth of every zip.
const otherCredentials = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

const sourceOf = (handler) => `${handler.slice(0, handler.lastIndexOf('.'))}.ts`;

/** Bundles the sources; answers the code of each by the path that it has in its zip. */
const bundle = async (serviceDir, sources) => {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: serviceDir,
    entryPoints: sources,
    outbase: serviceDir,
    outdir: serviceDir,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    minify: true,
    // Names of functions stay readable in stack traces, which have no source map.
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: otherCredentials,
    banner: { js: requireBanner },
    legalComments: 'none',
  });
  return new Map(
    outputFiles.map(({ path: file, contents }) => [
      path.relative(serviceDir, file).split(path.sep).join('/'),
      contents,
    ]),
  );
};

const archive = async (entryPath, contents) => {
  const { zipSync } = await import('fflate');
  return zipSync(
    { [entryPath]: contents },
    // A fixed time, and a file that Lambda's user may read.
    { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: (0o100644 << 16) >>> 0 },
  );
};

export default class BundlePlugin {
  constructor(serverless, options, { log }) {
    this.serverless = serverless;
    this.log = log;
    this.hooks = {
      'before:package:createDeploymentArtifacts': () =>
        this.packageFunctions(serverless.service.getAllFunctions()),
      'before:package:function:package': () => this.packageFunctions([options.function]),
    };
  }

  async packageFunctions(names) {
    const { service, serviceDir } = this.serverless;
    const functions = names.map((name) => [name, service.getFunction(name)]);
    const code = await bundle(
      serviceDir,
      functions.map(([, { handler }]) => sourceOf(handler)),
    );
    for (const [name, definition] of functions) {
      const entryPath = sourceOf(definition.handler).replace(/\.ts$/, '.mjs');
      const zip = await archive(entryPath, code.get(entryPath));
      // Where serverless looks for what it compares with what is deployed.
      const artifact = path.join('.serverless', `${name}.zip`);
      await mkdir(path.join(serviceDir, '.serverless'), { recursive: true });
      await writeFile(path.join(serviceDir, artifact), zip);
      definition.package = { ...definition.package, artifact };
      this.log.info(`${artifact}: ${Math.ceil(zip.length / 1024)} KiB`);
    }
  }
}
