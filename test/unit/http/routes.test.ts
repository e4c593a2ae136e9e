import { describe, expect, test } from '@jest/globals';
import { problemKinds } from '../../../lib/http/problem.js';
import { methodsAt, routes, pagePaths, type Route } from '../../../lib/http/routes.js';

describe('the methods of a resource', () => {
  test.each([
    ['/books', ['GET', 'HEAD', 'POST']],
    ['/books/{id}', ['PATCH']],
    ['/books/{id}/restock', ['POST']],
    ['/orders', ['GET', 'HEAD', 'POST']],
    ['/orders/{id}', ['GET', 'HEAD']],
    ['/orders/{id}/cancel', ['POST']],
    ['/search', ['GET', 'HEAD']],
    ['/search/{topic}', ['GET', 'HEAD']],
    ['/', ['GET', 'HEAD']],
    ['/book/{id}', ['GET', 'HEAD']],
    ['/{proxy+}', []],
  ])('are those of the routes that have it: %s', (resource, methods) => {
    expect(methodsAt(resource).sort()).toEqual(methods);
  });
});

describe('the routes', () => {
  const all = Object.entries(routes as Record<string, Route>);

  test.each(all)('%s answers what its properties make possible', (_name, route) => {
    const { problems } = route;
    for (const kind of problems) expect(problemKinds).toHaveProperty([kind]);
    expect(problems.includes('unauthorized')).toBe(route.isAdmin === true);
    expect(problems.includes('body-too-large')).toBe(route.body !== undefined);
    expect(problems).toContain('bad-input');
  });

  test('G8: change and list everything for administrators only', () => {
    const open = all.filter(([, route]) => route.isAdmin !== true).map(([name]) => name);
    expect(open.sort()).toEqual([
      'buy',
      'cancel-order',
      'get-order',
      'health',
      'info',
      'list-books',
      'list-topics',
      'place-order',
      'search',
    ]);
  });

  test('have each method on each path once', () => {
    const places = all.flatMap(([, { method, paths }]) => paths.map((path) => `${method} ${path}`));
    expect(new Set(places).size).toBe(places.length);
  });

  test('share no first word with the addresses of pages', () => {
    const firstWord = (path: string) => path.split('/')[1];
    const words = all.flatMap(([, { paths }]) => paths.map(firstWord));
    const pageWords = pagePaths.map(firstWord);
    expect(pageWords.filter((word) => words.includes(word))).toEqual([]);
  });
});
