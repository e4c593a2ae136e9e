// What follows from the lists of regions in config.yml. Serverless calls these functions by
// `${file(resources/sites.cjs):name}`; it loads CommonJS only.

let loading;

/** Loaded once: every generator of this folder asks for them. */
const siteRules = () =>
  (loading ??= import('tsx/esm/api').then(({ tsImport }) =>
    tsImport('../lib/rules/sites.ts', __filename),
  ));

const parseReplicas = async (list) => {
  const rules = await siteRules();
  return list.split(',').map((entry) => {
    const site = entry.trim();
    if (!rules.isSite(site)) throw new Error(`"${site}" is no replica site such as us-east-1#1`);
    return { region: rules.regionOf(site), incarnation: rules.incarnationOf(site) };
  });
};

const parseFronts = (list) =>
  list
    .split(',')
    .map((region) => region.trim())
    .filter((region) => region !== '');

/** For `arn`: the region of the stack itself. */
const ownRegion = '${AWS::Region}';

const arn = (service, region, name) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${name}`,
});

/** A name of words between dashes, such as `eu-west-1`, as a part of a logical id: `EuWest1`. */
const logicalId = (name) =>
  name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

/** Reads what serverless has resolved; the same for every generator of this folder. */
const readTopology = async ({ resolveVariable }) => {
  const [replicas, fronts, prefix, endpoint, region] = await Promise.all(
    [
      'custom.config.replicas',
      'custom.config.fronts',
      'custom.config.prefix',
      'custom.config.endpoint',
      'provider.region',
    ].map((path) => resolveVariable(`self:${path}`)),
  );
  return {
    replicas: await parseReplicas(replicas),
    fronts: parseFronts(fronts),
    prefix,
    region,
    isEmulated: endpoint.startsWith('http:'),
  };
};

const otherReplicas = ({ replicas, region }) =>
  replicas.filter((replica) => replica.region !== region);

/** The topics of these replicas. */
const topicArns = (sites, prefix) =>
  sites.map((site) => arn('sns', site.region, `${prefix}-changes`));

/** The incarnation of the replica in the stack's region. */
const incarnation = async (serverless) => {
  const { replicas, region } = await readTopology(serverless);
  const site = replicas.find((replica) => replica.region === region);
  if (!site) throw new Error(`${region} is not among the replica sites: set BAZAR_REPLICAS`);
  return site.incarnation;
};

module.exports = {
  arn,
  incarnation,
  logicalId,
  otherReplicas,
  ownRegion,
  readTopology,
  topicArns,
};
