import { describe, expect, test } from '@jest/globals';
import { problemKinds } from '../../../lib/http/problem.js';
import { methodsOf, routes, type Route } from '../../../lib/http/routes.js';

describe('the methods of a path', () => {
  test.each([
    ['/books', ['GET', 'POST']],
    ['/books/7', ['PATCH']],
    ['/books/7/restock', ['POST']],
    ['/orders', ['GET']],
    ['/orders/f00d~aaaa', ['GET']],
    ['/orders/f00d/cancel', ['POST']],
    ['/search', ['GET']],
    ['/search/distributed%20systems', ['GET']],
    ['/info/7/', ['GET']],
    ['/', []],
    ['/infos/7', []],
    ['/info/7/more', []],
    ['/books//restock', []],
  ])('are those of the routes that have it: %s', (path, methods) => {
    expect(methodsOf(path).sort()).toEqual(methods);
  });
});

describe('the routes', () => {
  const all = Object.entries(routes as Record<string, Route>);

  test.each(all)('%s answers what its properties make possible', (_name, route) => {
    const { problems } = route;
    for (const kind of problems) expect(problemKinds).toHaveProperty([kind]);
    expect(problems.includes('unauthorized')).toBe(route.isAdmin === true);
    expect(problems.includes('body-too-large')).toBe(route.body !== undefined);
    const isChecked = Boolean(route.path ?? route.query ?? route.body ?? route.isIdempotent);
    expect(problems.includes('bad-input')).toBe(isChecked);
  });

  test('G8: change and list everything for administrators only', () => {
    const open = all.filter(([, route]) => route.isAdmin !== true).map(([name]) => name);
    expect(open.sort()).toEqual([
      'buy',
      'cancelOrder',
      'getOrder',
      'health',
      'info',
      'listBooks',
      'listTopics',
      'search',
    ]);
  });

  test('have each method on each path once', () => {
    const places = all.flatMap(([, { method, paths }]) => paths.map((path) => `${method} ${path}`));
    expect(new Set(places).size).toBe(places.length);
  });
});
