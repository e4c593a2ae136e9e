// Packages each function by itself: its TypeScript source and all that it imports become one
// minified ES module, alone in a zip, or beside the pages where it serves these. Runs for `package` and `deploy` only; `serverless offline`
// runs the sources as they are. The same sources make the same bytes, so that a deployment of what
// is deployed already changes nothing.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';

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

/** The module through which a function gets at the pages. */
const pagesModule = 'lib/http/pages.ts';

/** Bundles the sources; answers the code of each, and whether it serves pages, by its path in the zip. */
const bundle = async (serviceDir, sources) => {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: serviceDir,
    entryPoints: sources,
    outbase: serviceDir,
    outdir: serviceDir,
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
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
    outputFiles.map(({ path: file, contents }) => {
      const entryPath = path.relative(serviceDir, file).split(path.sep).join('/');
      return [
        entryPath,
        { contents, servesPages: pagesModule in metafile.outputs[entryPath].inputs },
      ];
    }),
  );
};

/** The built pages: documents and files by the paths that they have in a zip. */
const readPages = async () => {
  const { buildWeb } = await tsImport('../tools/web.ts', import.meta.url);
  const folder = await buildWeb();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [
        `pages/${path.relative(folder, file).split(path.sep).join('/')}`,
        await readFile(file),
      ]),
    ),
  );
};

const archive = async (entries) => {
  const { zipSync } = await import('fflate');
  return zipSync(
    entries,
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
    const needsPages = [...code.values()].some(({ servesPages }) => servesPages);
    const pages = needsPages ? await readPages() : {};
    for (const [name, definition] of functions) {
      const entryPath = sourceOf(definition.handler).replace(/\.ts$/, '.mjs');
      const { contents, servesPages } = code.get(entryPath);
      const zip = await archive({ [entryPath]: contents, ...(servesPages && pages) });
      // Where serverless looks for what it compares with what is deployed.
      const artifact = path.join('.serverless', `${name}.zip`);
      await mkdir(path.join(serviceDir, '.serverless'), { recursive: true });
      await writeFile(path.join(serviceDir, artifact), zip);
      definition.package = { ...definition.package, artifact };
      this.log.info(`${artifact}: ${Math.ceil(zip.length / 1024)} KiB`);
    }
  }
}
