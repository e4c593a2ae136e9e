/** Which folder may import which: dependencies point inward. */
module.exports = {
  forbidden: [
    {
      name: 'lib-knows-no-handler',
      comment: 'functions/ calls lib/, never the other way; neither knows the laptop or the tools.',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(local|cli|deploy|localstack|simulator|tools|bench|test|docs)/' },
    },
    {
      name: 'lib-does-not-import-functions',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^functions/' },
    },
    {
      name: 'the-store-knows-no-http-and-no-lambda',
      comment: 'What the store knows is free of HTTP and of the shapes of Lambda events.',
      severity: 'error',
      from: { path: '^lib/(aws|stock|catalog|orders|replica|cache|store|replication)/' },
      to: { path: '^lib/(http|lambda)/|@types/aws-lambda|@middy|powertools' },
    },
    {
      name: 'http-knows-no-lambda',
      comment: 'lib/lambda/ deploys what lib/http/ answers with; what both need is above them.',
      severity: 'error',
      from: { path: '^lib/http/' },
      to: { path: '^lib/lambda/' },
    },
    {
      name: 'rules-know-no-aws',
      comment: 'The rules of stock, books and settlement are pure functions over plain data.',
      severity: 'error',
      from: {
        path: '^lib/(keys\\.ts|stock/|catalog/(book|register|stamp|text|topic|lists)\\.ts|orders/(order|settlement)\\.ts)',
      },
      to: { path: '@aws-sdk|^lib/aws/|cockatiel' },
    },
    {
      name: 'each-table-stands-alone',
      comment: 'What is written to both tables at once lies above them, in lib/replica.',
      severity: 'error',
      from: { path: '^lib/(catalog|orders)/' },
      to: { path: '^lib/(replica|cache|store|replication)/' },
    },
    {
      name: 'the-catalogue-knows-no-orders',
      severity: 'error',
      from: { path: '^lib/catalog/' },
      to: { path: '^lib/orders/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types'] },
  },
};
