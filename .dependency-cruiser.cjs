/**
 * Which folder may import which: dependencies point inward.
 *
 *   functions ─► lib/lambda ─► lib/http ─► lib/store, lib/replication ─► lib/cache, lib/tables ─► lib/dynamodb
 *                                                                            └─► lib/rules
 */
const outsideLib =
  '^(functions|local|cli|client|deploy|localstack|services|simulator|tools|bench|test|docs|resources|plugins|web)/';

module.exports = {
  forbidden: [
    {
      name: 'the-store-knows-nothing-around-it',
      comment: 'lib/ is called by all others, and calls none of them.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: outsideLib },
    },
    {
      name: 'handlers-know-only-lib',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: outsideLib },
    },
    {
      name: 'rules-are-pure',
      comment: 'The rules of books, stock, orders, keys and sites are functions over plain data.',
      severity: 'error',
      from: { path: '^lib/rules/' },
      to: { path: '^lib/(?!rules/|spread-hash\\.ts)|@aws-sdk|cockatiel|zod' },
    },
    {
      name: 'only-tables-and-cache-speak-dynamodb',
      comment:
        'How an item is read and written is said in one place. lib/lambda makes the clients and links.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(dynamodb|tables|cache|lambda)/' },
      to: { path: '@aws-sdk/(client-dynamodb|lib-dynamodb|util-dynamodb)|^lib/dynamodb/' },
    },
    {
      name: 'dynamodb-knows-no-store',
      comment: 'The way to a table knows neither books nor orders.',
      severity: 'error',
      from: { path: '^lib/dynamodb/' },
      to: { path: '^lib/(rules|tables|cache|store|replication|http|lambda)/' },
    },
    {
      name: 'the-store-knows-no-http-and-no-lambda',
      comment: 'What the store knows is free of HTTP and of the shapes of Lambda events.',
      severity: 'error',
      from: { path: '^lib/(rules|dynamodb|tables|cache|store|replication)/' },
      to: { path: '^lib/(http|lambda)/|@types/aws-lambda|@middy|powertools' },
    },
    {
      name: 'http-knows-no-lambda',
      severity: 'error',
      from: { path: '^lib/http/' },
      to: { path: '^lib/lambda/' },
    },
    {
      name: 'shared-folders-know-no-command',
      comment: 'What several commands share knows none of them.',
      severity: 'error',
      from: { path: '^(tools|services|client)/' },
      to: { path: '^(local|cli|deploy|localstack|simulator|bench|test|docs)/' },
    },
    {
      name: 'pages-know-the-api-only',
      comment:
        'Pages speak to the store as every client does; of its sources they know the types alone.',
      severity: 'error',
      from: { path: '^web/', pathNot: '^web/vite\\.config\\.ts$' },
      to: { pathNot: '^web/|node_modules', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shop-and-control-room-load-apart',
      severity: 'error',
      from: { path: '^web/(shop|control)/' },
      to: { path: '^web/(shop|control)/', pathNot: '^web/$1/' },
    },
    {
      name: 'only-tests-know-the-pages',
      comment: 'They are built, not imported.',
      severity: 'error',
      from: { pathNot: '^(web|test)/' },
      to: { path: '^web/' },
    },
    {
      name: 'only-tests-know-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circles-of-folders',
      comment: 'No two folders import each other.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
