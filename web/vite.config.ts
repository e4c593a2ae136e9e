import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Where the API is that `npm run web` speaks to: a store that runs. */
const store = process.env['BAZAR_URL'] ?? 'http://localhost:3000';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  // Relative, for the pages lie under a stage's path or a custom domain's (design U3).
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [
    {
      name: 'base',
      apply: 'serve',
      // As lib/http/pages.ts does it.
      transformIndexHtml: (html) => html.replace('<head>', '<head><base href="/">'),
    },
  ],
  build: {
    target: 'es2022',
    // Everything is a file with a name of its own: the policy lets in nothing inline (design U4).
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Neither document loads the other's script.
    rollupOptions: { input: { shop: here('index.html'), control: here('control.html') } },
  },
  server: {
    proxy: { '^/(books|buy|health|info|orders|search|status|topics)(/|\\?|$)': store },
  },
});
