import { defineConfig } from 'vite';

/** Where the API is that `npm run web` speaks to: a store that runs. */
const store = process.env['BAZAR_URL'] ?? 'http://localhost:3000';

// The two documents are entries of their own: neither loads the other's script.
export default defineConfig({
  // Relative, for the site lies under a stage's path or a custom domain's (design W3).
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    // Everything is a file with a name of its own: the policy lets in nothing inline (design W4).
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { shop: 'web/index.html', control: 'web/control.html' } },
  },
  server: {
    proxy: {
      '^/(books|book/.*/replicas|buy|control/status|health|info|orders|search|topics)(/|\\?|$)':
        store,
    },
  },
});
