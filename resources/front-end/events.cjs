// The requests that each function of the API is called for, from the routes (lib/http/routes.ts).
// `fallback` is called for every method that no route has, on each path of the API: a path that it
// is not called for would answer a wrong method with API Gateway's own 403.

const http = (method, path) => ({ http: { method, path } });

const readEvents = async () => {
  const { tsImport } = await import('tsx/esm/api');
  const { methodsAt, methodsOf, routes, pagePaths } = await tsImport(
    '../../lib/http/routes.ts',
    __filename,
  );
  const paths = new Set([...Object.values(routes).flatMap((route) => route.paths), ...pagePaths]);
  return {
    ...Object.fromEntries(
      Object.entries(routes).map(([name, route]) => [
        name,
        route.paths.flatMap((path) => methodsOf(route).map((method) => http(method, path))),
      ]),
    ),
    web: pagePaths.flatMap((path) => methodsAt(path).map((method) => http(method, path))),
    fallback: ['/{proxy+}', ...paths].map((path) => http('ANY', path)),
  };
};

module.exports = readEvents();
